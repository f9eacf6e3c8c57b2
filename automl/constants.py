"""Names that files, tables and protocols share, in one place (DESIGN.md sections 6 and 7)."""

from __future__ import annotations

from typing import Final

# Files of a run's folder.
PLAN_FILE: Final = "plan.yaml"


LEDGER_FILE: Final = "ledger.jsonl"


TRIALS_FILE: Final = "trials.parquet"


EPOCHS_FILE: Final = "epochs.parquet"


STUDY_FILE: Final = "study.journal"


TRIALS_FOLDER: Final = "trials"


BEST_FOLDER: Final = "best"


REPORT_FILE: Final = "report.html"


EVALUATION_FILE: Final = "evaluation.yaml"  # in best/


LOGGERS_FOLDER: Final = "loggers"


# What a sweep can be logged to besides its own tables.
LOGGERS: Final = ("tensorboard", "wandb", "mlflow")


# Files of a trial's folder.
SPEC_FILE: Final = "spec.yaml"


STATUS_FILE: Final = "status.json"


LOG_FILE: Final = "log.txt"


# Files of a skill directory.
SKILL_INFO_FILE: Final = "references/skill_info.yaml"


SCHEMA_FILE: Final = "schemas/{action}.schema.json"


TEMPLATE_FILE: Final = "references/spec_template_{action}.yaml"


MANIFEST_FILE: Final = "schemas/manifest.json"


# Columns of trials.parquet; parameters are columns "param.<dotted name>".
COL_TRIAL: Final = "trial_id"


COL_NUMBER: Final = "number"


COL_STATE: Final = "state"


COL_SOURCE: Final = "source"


COL_PARENT: Final = "parent"


COL_EPOCHS: Final = "epochs"


COL_TIME: Final = "time_s"


COL_START: Final = "start"


COL_END: Final = "end"


COL_HOST: Final = "host"


COL_GPUS: Final = "gpu_count"


COL_FAILURE: Final = "failure"


COL_FAULT: Final = "fault"


COL_CHANGED: Final = "changed"


COL_EPOCH: Final = "epoch"


COL_BEST_EPOCH: Final = "best_epoch"


PARAM_PREFIX: Final = "param."


COLUMNS: Final = frozenset(
    {
        COL_TRIAL,
        COL_NUMBER,
        COL_STATE,
        COL_SOURCE,
        COL_PARENT,
        COL_EPOCHS,
        COL_TIME,
        COL_START,
        COL_END,
        COL_HOST,
        COL_GPUS,
        COL_FAILURE,
        COL_FAULT,
        COL_CHANGED,
        COL_EPOCH,
        COL_BEST_EPOCH,
    }
)
