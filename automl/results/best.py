"""The champion's folder: its spec, its checkpoint and where both come from."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from automl.constants import BEST_FOLDER, COL_TRIAL, SPEC_FILE, TRIALS_FOLDER
from automl.results.run import Run
from automl.trial.files.checkpoints import best_checkpoint

PROVENANCE_FILE = "provenance.yaml"


def write_best(run: Run) -> None:
    """Write ``best/`` of a run; nothing where no trial has a metric.

    The checkpoint is that of the best epoch that has one; ``checkpoint_value`` in the provenance is
    what that epoch reached.
    """
    row, history = run.champion_reported, run.champion_history
    if row is None or history is None:
        return
    folder, objective = run.folder, run.objective
    trial = folder / TRIALS_FOLDER / str(row[COL_TRIAL])
    checkpoint, value = best_checkpoint(trial, history.values(objective), objective)
    if checkpoint is None:
        checkpoint, value = _checkpoint_in_best(folder / BEST_FOLDER, str(row[COL_TRIAL]))
    unfinished = folder / f".{BEST_FOLDER}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    shutil.copyfile(trial / SPEC_FILE, unfinished / SPEC_FILE)
    if checkpoint is not None:
        _link_or_copy(checkpoint, unfinished / checkpoint.name)
    facts = _provenance(run, row, checkpoint, value)
    (unfinished / PROVENANCE_FILE).write_text(yaml.safe_dump(facts, sort_keys=False))
    shutil.rmtree(folder / BEST_FOLDER, ignore_errors=True)
    unfinished.rename(folder / BEST_FOLDER)


def _checkpoint_in_best(best: Path, trial: str) -> tuple[Path | None, float | None]:
    """Return the checkpoint in ``best/`` and its metric, (None, None) if it is of another trial.

    With --keep-checkpoints none the trial's own folder has none any more.
    """
    provenance = best / PROVENANCE_FILE
    if not provenance.is_file():
        return None, None
    facts = yaml.safe_load(provenance.read_text()) or {}
    name = facts.get("checkpoint")
    if not name or facts["trial"][COL_TRIAL] != trial or not (best / name).is_file():
        return None, None
    return best / name, facts["checkpoint_value"]


def _provenance(
    run: Run, row: Mapping[str, Any], checkpoint: Path | None, value: float | None
) -> dict[str, Any]:
    plan, metric, baseline = run.plan, run.objective.metric, run.baseline
    plain = json.loads(json.dumps(dict(row), default=str))
    return {
        "trial": plain,
        "metric": metric,
        "value": row[metric],
        "baseline": baseline[metric] if baseline else None,
        "checkpoint": checkpoint.name if checkpoint else None,
        "trials_seen": len(run.rows),
        "skill": plan["skill"],
        "seed": plan["seed"],
        "versions": plan["versions"],
        "checkpoint_value": value,
        "confirmation": [line.to_dict() for line in run.confirmation],
    }


def _link_or_copy(source: Path, target: Path) -> None:
    """Hard-link where the file system can, so that a champion costs no second copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
