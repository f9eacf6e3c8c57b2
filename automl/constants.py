"""Names that files, tables and protocols share, in one place."""

from __future__ import annotations

from enum import StrEnum
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
EVALUATION_FOLDER: Final = "evaluate"  # in best/: the run that measured it
DEFAULTS_FOLDER: Final = "evaluate-defaults"  # in best/: the run that measured the defaults
START_FOLDER: Final = "start"  # the run that measured the checkpoint which trials start from
FINAL_FOLDER: Final = "final"  # the run of the trainings on all data before the final test
LOGGERS_FOLDER: Final = "loggers"
ADVISOR_FOLDER: Final = "advisor"  # what the advisor was told last, its answer and its log
PRIORS_FILE: Final = "priors.json"  # what sweeps of other data know, as the run began
PROPOSED_FOLDER: Final = "proposed"  # points of `automl propose` that the driver has not taken

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
COL_RUN: Final = "run"  # in tables of several runs
PARAM_PREFIX: Final = "param."
MEASURED_PREFIX: Final = "evaluate."  # of metrics that do not come from the trainer
METRIC_PREFIX: Final = "kpi."  # of metrics that are called like another column
# A metric's standard error, and the step in which it can move, are metrics of their own.
SE_SUFFIX: Final = "_se"
RESOLUTION_SUFFIX: Final = "_resolution"
COLUMNS: Final = frozenset(
    {
        COL_RUN,
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


class TrialState(StrEnum):
    """How a trial stands: a value of the column ``state`` and of the ledger's end events."""

    RUNNING = "running"  # in tables alone: it has no end yet
    FINISHED = "finished"
    STOPPED = "stopped"  # by a scheduler or the time budget
    FAILED = "failed"
    RETRIED = "retried"  # it failed and runs again
    INTERRUPTED = "interrupted"  # the run was; a resumed run starts it again


class TrialSource(StrEnum):
    """Who chose a trial's parameters: a value of the column ``source``."""

    DEFAULT = "default"
    SEARCH = "search"
    ENQUEUED = "enqueued"  # the user, before the sweep or while it runs
    ADVISOR = "advisor"  # the program of --advisor
    PRIOR = "prior"  # runs of other data sets, with --prior
    CONFIRM = "confirm"  # a repetition of one of the best trials with a fresh seed


class Fault(StrEnum):
    """The kind of a trial's failure: a value of the column ``fault``, empty without a failure."""

    OUT_OF_MEMORY = "out_of_memory"
    NAN = "nan"
    DATA = "data"
    BUG = "bug"
    INFRASTRUCTURE = "infrastructure"
    PREEMPTION = "preemption"
    TIMEOUT = "timeout"
    UNKNOWN = "unknown"


class RouteKind(StrEnum):
    """What a run is: the value ``route`` of plan.yaml."""

    SWEEP = "sweep"
    DIRECT = "direct"  # one run of the action, without a search


class RunStatus(StrEnum):
    """How a session of a run ended."""

    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
