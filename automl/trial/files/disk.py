"""Checks whether the disk has room for checkpoints, by the skill's size of one or past trials."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.home import user_cache
from automl.spec.checkpoints import checkpoint_files

_FULL_BYTES: Final = 2**20
RAY_FOLDER: Final = "RAY_TMPDIR"  # names the folder below which a local Ray keeps its files


def is_full(folder: Path) -> bool:
    """Return whether the disk that holds ``folder`` is full; False where there is no such one."""
    return folder.exists() and shutil.disk_usage(folder).free < _FULL_BYTES


def full_folder(folder: Path | None = None) -> Path | None:
    """Return the first folder that a run writes into and whose disk is full, None without one.

    Args:
        folder: the run's, which comes first; None for a command that has none.
    """
    ray = os.environ.get(RAY_FOLDER) or "/tmp"
    written = (folder, Path(ray), Path(tempfile.gettempdir()), user_cache(), Path.cwd())
    return next((each for each in written if each is not None and is_full(each)), None)


BYTES: Final = "checkpoint_bytes"
PER_TRIAL: Final = "checkpoints_per_trial"
_UNITS: Final = ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


@dataclass(frozen=True)
class CheckpointSize:
    """Bytes of one checkpoint, and how many of them a trial has on the disk at most."""

    bytes: int
    per_trial: int = 1

    @property
    def of_trial(self) -> int:
        """Bytes of all checkpoints of one trial."""
        return self.bytes * self.per_trial


def checkpoint_size_from(fact: Mapping[Any, Any]) -> CheckpointSize | None:
    """Return what a skill's preflight says of its checkpoints, None where it says nothing of it."""
    size, count = fact.get(BYTES), fact.get(PER_TRIAL, 1)
    whole = all(isinstance(n, int) and not isinstance(n, bool) and n > 0 for n in (size, count))
    return CheckpointSize(int(size or 0), int(count)) if whole else None


def in_words(count: int) -> str:
    """Return a number of bytes with a unit, such as ``1.5 GiB``."""
    for size, unit in _UNITS:
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} bytes"


class DiskWatch:
    """Says when the disk has no room for another trial's checkpoints.

    The next trial is expected to leave as much as the largest of this session did.
    """

    def __init__(
        self, folder: Path, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    ) -> None:
        """``folder`` is the run's; ``free`` says how many bytes are free there."""
        self._folder = folder
        self._free = free
        self._largest = 0

    def ended(self, trial: Path) -> None:
        """Measure the checkpoints of a trial that ended, before any are dropped."""
        sizes = (path.stat().st_size for path in checkpoint_files(trial) if not path.is_symlink())
        self._largest = max(self._largest, sum(sizes))

    def shortage(self) -> str:
        """Return why no further trial should begin, empty while there is room for one."""
        free = self._free(self._folder)
        if self._largest <= free:
            return ""
        return (
            f"the disk of {self._folder} is nearly full: a trial leaves"
            f" {in_words(self._largest)} of checkpoints, {in_words(free)} are free; make room,"
            f" then go on with  automl run --resume {self._folder}"
        )
