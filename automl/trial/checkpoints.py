"""Checkpoints of a trial: the best epoch's is handed over, beaten trials' are dropped."""

from __future__ import annotations

from pathlib import Path

from automl.spec.checkpoints import SUFFIXES, checkpoint_files, epoch_of, newest_checkpoint


def best_checkpoint(folder: Path, epoch: int | None) -> Path | None:
    """Return the checkpoint of ``epoch``, else the newest epoch's, None where there is none."""
    of_epoch = [path for path in sorted(checkpoint_files(folder)) if epoch_of(path) == epoch]
    return of_epoch[-1] if of_epoch else newest_checkpoint(folder)


def drop_checkpoints(folder: Path) -> None:
    """Delete the checkpoints below ``folder``, and the links to them; never follows a link."""
    for path in list(checkpoint_files(folder)):
        path.unlink(missing_ok=True)
    for path in list(folder.rglob("*")):
        if path.is_symlink() and path.suffix in SUFFIXES and not path.exists():
            path.unlink(missing_ok=True)
