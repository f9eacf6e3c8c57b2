"""The file in ``best/`` that says where the champion comes from."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.checked_yaml import damaged, read_checked
from automl.constants import BEST_FOLDER
from automl.errors import DamagedFileError
from automl.results.champion.refit import refit_facts, whole_refits
from automl.results.files.shapes import PROVENANCE
from automl.results.run import Run
from automl.spec.checkpoints import SUFFIXES, epoch_of
from automl.trial.ledger.events import ClosedEvent

PROVENANCE_FILE: Final = "provenance.yaml"


def provenance_of(
    run: Run,
    row: Mapping[str, Any],
    checkpoint: Path | None,
    value: float | None,
    refit: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the content of the file.

    Args:
        run: the run.
        row: the champion's, with the metrics that its best epoch reported.
        checkpoint: the champion's, None where none is kept.
        value: what the checkpoint's epoch reached.
        refit: the training on all data that the checkpoint is of; None for that of the trial.
    """
    plan, decision = run.plan, run.decision
    plain = json.loads(json.dumps(dict(row), default=str))
    return {
        "trial": plain,
        "metric": run.objective.metric,
        "value": decision.reached if decision else row[run.objective.column],
        "baseline": decision.defaults if decision else None,
        "checkpoint": checkpoint.name if checkpoint else None,
        "trials_seen": len(run.rows),
        "skill": dict(plan["skill"]),
        "seed": plan["seed"],
        "versions": plan["versions"],
        "checkpoint_value": value,
        "checkpoint_sha256": digest_of(checkpoint) if checkpoint else None,
        "refit": None if refit is None else dict(refit),
        "champion": decision.to_dict() if decision else None,
        "confirmation": [line.to_dict() for line in run.confirmation],
    }


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_provenance(run: Run) -> dict[str, Any] | None:
    """Return what ``best/`` says of a run's champion, None where the run has no champion (yet).

    A damaged or lost file is made anew from the ledger, as far as the session that wrote it.

    Raises:
        DamagedFileError: it is damaged, and the ledger does not show what it said; or ``best/`` is
            lost.
    """
    try:
        found = read_checked(run.folder / BEST_FOLDER / PROVENANCE_FILE, PROVENANCE)
    except DamagedFileError:
        found = _made_anew(run)
        if found is None:
            raise
        return found
    return found or _made_anew(run)


def check_checkpoint(run: Run) -> None:
    """Check that the champion's checkpoint is what its provenance says.

    Raises:
        DamagedFileError: it is missing, or holds other bytes.
    """
    facts = read_provenance(run) or {}
    name, digest = facts.get("checkpoint"), facts.get("checkpoint_sha256")
    path = run.folder / BEST_FOLDER / str(name)
    if name and not path.is_file():
        raise damaged(path, "it is missing")
    if name and digest and digest_of(path) != digest:
        raise damaged(path, "its content is not what was written")


def _made_anew(run: Run) -> dict[str, Any] | None:
    ends = [place for place, each in enumerate(run.events) if isinstance(each, ClosedEvent)]
    closed = Run(run.folder, plan=run.plan, events=run.events[: ends[-1] + 1] if ends else ())
    row, history = closed.champion_reported, closed.champion_history
    if row is None or history is None:
        return None
    best = run.folder / BEST_FOLDER
    if not best.is_dir():
        raise damaged(best, "it is missing, or no folder")
    kept = [path for path in sorted(best.iterdir()) if path.suffix in SUFFIXES]
    checkpoint = next(iter(kept), None)
    again = next((each for each, _ in whole_refits(closed)), None)
    if again is not None and checkpoint is not None:
        return provenance_of(closed, row, checkpoint, None, refit_facts(again, checkpoint, closed))
    values = history.values(run.objective)
    value = values.get(epoch_of(checkpoint)) if checkpoint else None
    return provenance_of(closed, row, checkpoint, value)
