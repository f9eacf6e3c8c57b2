"""The champion's folder: its spec, its checkpoint and where both come from."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from automl.constants import (
    BEST_FOLDER,
    COL_NUMBER,
    COL_TRIAL,
    LEDGER_FILE,
    SPEC_FILE,
    TRIALS_FOLDER,
    TrialSource,
)
from automl.results.confirmation import Confirmed, confirmation, final_champion
from automl.results.plan_file import objective_of, read_plan
from automl.results.rows import trial_rows
from automl.trial.files.checkpoints import best_checkpoint
from automl.trial.history import trial_histories
from automl.trial.ledger import read_ledger
from automl.trial.objective import Objective

PROVENANCE_FILE = "provenance.yaml"


def write_best(folder: Path) -> dict[str, Any] | None:
    """Write ``best/`` of a run and return the champion's row; None where no trial has a metric.

    The checkpoint is that of the best epoch that has one; ``checkpoint_value`` in the provenance is
    what that epoch reached.
    """
    plan = read_plan(folder)
    objective = objective_of(plan)
    events = read_ledger(folder / LEDGER_FILE)
    rows = trial_rows(events, objective)
    row = final_champion(rows, objective, plan.get("confirm"))
    if row is None:
        return None
    trial = folder / TRIALS_FOLDER / str(row[COL_TRIAL])
    reached = next(h for h in trial_histories(events) if h.start["number"] == row[COL_NUMBER])
    checkpoint, value = best_checkpoint(trial, reached.values(objective), objective)
    if checkpoint is None:
        checkpoint, value = _already_there(folder / BEST_FOLDER, str(row[COL_TRIAL]))
    unfinished = folder / f".{BEST_FOLDER}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    shutil.copyfile(trial / SPEC_FILE, unfinished / SPEC_FILE)
    if checkpoint is not None:
        _link_or_copy(checkpoint, unfinished / checkpoint.name)
    facts = _provenance(plan, row, rows, checkpoint)
    facts["checkpoint_value"] = value
    facts["confirmation"] = [line.to_dict() for line in _confirmed(plan, rows, objective)]
    (unfinished / PROVENANCE_FILE).write_text(yaml.safe_dump(facts, sort_keys=False))
    shutil.rmtree(folder / BEST_FOLDER, ignore_errors=True)
    unfinished.rename(folder / BEST_FOLDER)
    return dict(row)


def _already_there(best: Path, trial: str) -> tuple[Path | None, float | None]:
    """The checkpoint in ``best/`` and its value, where they are of this trial, which has none now.

    A confirmed champion's own may be dropped, as the user may want.
    """
    provenance = best / PROVENANCE_FILE
    if not provenance.is_file():
        return None, None
    facts = yaml.safe_load(provenance.read_text()) or {}
    name = facts.get("checkpoint")
    if not name or facts["trial"][COL_TRIAL] != trial or not (best / name).is_file():
        return None, None
    return best / name, facts["checkpoint_value"]


def read_confirmation(folder: Path) -> list[Confirmed]:
    """Return a run's configurations that were trained again, the best mean first; empty without.

    Raises:
        InputError: the folder is no run's.
    """
    plan = read_plan(folder)
    objective = objective_of(plan)
    rows = trial_rows(read_ledger(folder / LEDGER_FILE), objective)
    return _confirmed(plan, rows, objective)


def _confirmed(
    plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]], objective: Objective
) -> list[Confirmed]:
    confirm = plan.get("confirm")
    return confirmation(rows, objective, confirm["seed_key"]) if confirm else []


def _provenance(
    plan: Mapping[str, Any],
    row: Mapping[str, Any],
    rows: list[dict[str, Any]],
    checkpoint: Path | None,
) -> dict[str, Any]:
    metric = plan["metric"]
    baseline = next((r for r in rows if r["source"] == TrialSource.DEFAULT), None)
    plain = json.loads(json.dumps(dict(row), default=str))
    return {
        "trial": plain,
        "metric": metric,
        "value": row[metric],
        "baseline": baseline[metric] if baseline else None,
        "checkpoint": checkpoint.name if checkpoint else None,
        "trials_seen": len(rows),
        "skill": plan["skill"],
        "seed": plan["seed"],
        "versions": plan["versions"],
    }


def _link_or_copy(source: Path, target: Path) -> None:
    """Hard-link where the file system can, so that a champion costs no second copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
