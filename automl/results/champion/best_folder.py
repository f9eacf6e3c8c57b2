"""The champion's folder: its spec, its checkpoint and where both come from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from automl.checked_yaml import write_checked
from automl.constants import BEST_FOLDER, COL_TRIAL, FINAL_FOLDER, SPEC_FILE, TRIALS_FOLDER
from automl.errors import DamagedFileError
from automl.results.champion.refit import refit_facts, whole_refits
from automl.results.files.provenance import PROVENANCE_FILE, provenance_of, read_provenance
from automl.results.files.spec import spec_of
from automl.results.run import Run
from automl.set_aside import clear_folder, put_folder
from automl.trial.files.checkpoints import best_checkpoint


def write_best(run: Run) -> None:
    """Write ``best/`` of a run; nothing where no trial has a metric.

    The checkpoint is that of the best epoch that has one; ``checkpoint_value`` in the provenance is
    what that epoch reached. Once champion and defaults were trained again on all data, checkpoint
    and spec are those of that training, and no epoch was chosen.
    """
    row, history = run.champion_reported, run.champion_history
    if row is None or history is None:
        return
    folder, objective = run.folder, run.objective
    trial = folder / TRIALS_FOLDER / str(row[COL_TRIAL])
    checkpoint, value = best_checkpoint(trial, history.values(objective), objective)
    if checkpoint is None:
        checkpoint, value = _checkpoint_in_best(run, str(row[COL_TRIAL]))
    spec, refit = spec_of(run, history.number), None
    for again, last in whole_refits(run)[:1]:  # the champion's comes first
        checkpoint, value, refit = last, None, refit_facts(again, last, run)
        spec = spec_of(Run(folder / FINAL_FOLDER), refit["number"])
    unfinished = folder / f".{BEST_FOLDER}"
    clear_folder(unfinished)
    unfinished.mkdir()
    write_checked(unfinished / SPEC_FILE, spec)
    if checkpoint is not None:
        _link_or_copy(checkpoint, unfinished / checkpoint.name)
    facts = provenance_of(run, row, checkpoint, value, refit)
    write_checked(unfinished / PROVENANCE_FILE, facts)
    put_folder(unfinished, folder / BEST_FOLDER)


def _checkpoint_in_best(run: Run, trial: str) -> tuple[Path | None, float | None]:
    """Return the checkpoint in ``best/`` and its metric, (None, None) if it is of another trial.

    With --keep-checkpoints none the trial's own folder has none any more.
    """
    try:
        facts = read_provenance(run) or {}
    except DamagedFileError:  # what is lost is lost, the run ends all the same
        return None, None
    name = facts.get("checkpoint")
    if not name or facts["trial"][COL_TRIAL] != trial:
        return None, None
    kept = run.folder / BEST_FOLDER / name
    return (kept, facts.get("checkpoint_value")) if kept.is_file() else (None, None)


def _link_or_copy(source: Path, target: Path) -> None:
    """Hard-link where the file system can, so that a champion costs no second copy."""
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
