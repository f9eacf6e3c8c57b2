"""Checkpoint files below a trial's folder: finding the best epoch's, dropping the others'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

SUFFIXES: Final = frozenset({".pth", ".pt", ".ckpt", ".tlt", ".safetensors", ".hdf5", ".keras"})
_EPOCH = re.compile(r"epoch[_=-]?(\d+)", re.IGNORECASE)


def checkpoint_files(folder: Path) -> Iterator[Path]:
    """Yield the checkpoint files below ``folder``, no symbolic links, in name order."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            yield path


def best_checkpoint(folder: Path, epoch: int | None) -> Path | None:
    """Return the checkpoint of ``epoch``, else the newest epoch's, None where there is none."""
    files = list(checkpoint_files(folder))
    of_epoch = [path for path in files if epoch is not None and _epoch_of(path) == epoch]
    if of_epoch:
        return of_epoch[-1]
    return max(files, key=lambda path: (_epoch_of(path), path.stat().st_mtime), default=None)


def drop_checkpoints(folder: Path) -> None:
    """Delete the checkpoints below ``folder``, and the links to them; never follows a link."""
    for path in list(checkpoint_files(folder)):
        path.unlink(missing_ok=True)
    for path in list(folder.rglob("*")):
        if path.is_symlink() and path.suffix in SUFFIXES and not path.exists():
            path.unlink(missing_ok=True)


def _epoch_of(path: Path) -> int:
    match = _EPOCH.search(path.name)
    return int(match.group(1)) if match else -1
