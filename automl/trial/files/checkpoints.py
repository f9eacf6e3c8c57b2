"""A trial's checkpoints: the best epoch's, the newest undamaged one, and their deletion."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from automl.spec.checkpoints import (
    SUFFIXES,
    checkpoint_files,
    epoch_of,
    newest_checkpoint,
    newest_first,
)
from automl.trial.objective import Objective

_ZIP_MAGIC: Final = b"PK"


def best_checkpoint(
    folder: Path, reached: Mapping[int, float], objective: Objective
) -> tuple[Path | None, float | None]:
    """Return the checkpoint of the best epoch that has one, and that epoch's metric.

    ``reached``: epoch -> metric. Without a checkpoint of a known epoch it is the newest, metric
    unknown; (None, None) where there is none at all.
    """
    files = {epoch_of(path): path for path in sorted(checkpoint_files(folder))}
    known = {epoch: value for epoch, value in reached.items() if epoch in files}
    best = objective.best(known.values())
    if best is None:
        return newest_checkpoint(folder), None
    return files[min(epoch for epoch, value in known.items() if value == best)], best


def resumable_checkpoint(folder: Path) -> tuple[Path | None, tuple[Path, ...]]:
    """Return the newest undamaged checkpoint below ``folder``, and the damaged newer ones."""
    damaged: list[Path] = []
    for path in newest_first(folder):
        if is_whole(path):
            return path, tuple(damaged)
        damaged.append(path)
    return None, tuple(damaged)


def is_whole(path: Path) -> bool:
    """Return whether a file is free of the damage that can be seen without loading it.

    An empty file is damaged, and so is a ZIP archive (what torch writes) that is cut short or whose
    checksums are wrong. Other formats are taken for whole.
    """
    with path.open("rb") as stream:
        head = stream.read(2)
    if head != _ZIP_MAGIC:
        return bool(head)
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error):
        return False


def drop_checkpoints_from(folder: Path, epoch: int) -> None:
    """Delete the checkpoints below ``folder`` of ``epoch`` and later ones; all where it is 1."""
    for path in list(checkpoint_files(folder)):
        if epoch <= 1 or epoch_of(path) >= epoch:
            path.unlink(missing_ok=True)


def drop_checkpoints(folder: Path, root: Path) -> None:
    """Delete the checkpoints below ``folder``, and the links that are left without a target.

    Nothing is deleted where ``folder`` does not lie in ``root`` or is reached through a link, nor
    behind a link inside it.
    """
    if not _plainly_inside(folder, root):
        return
    entries = [path for path in _entries(folder) if path.suffix in SUFFIXES]
    for path in entries:
        if path.is_file() and not path.is_symlink():
            path.unlink(missing_ok=True)
    for path in entries:
        if path.is_symlink() and not path.exists():
            path.unlink(missing_ok=True)


def _plainly_inside(folder: Path, root: Path) -> bool:
    below = os.path.relpath(folder.absolute(), root.absolute())
    plain = os.path.join(os.path.realpath(root), below)
    return os.path.realpath(folder) == os.path.normpath(plain) and not below.startswith("..")


def _entries(folder: Path) -> Iterator[Path]:
    for parent, _, names in os.walk(folder, followlinks=False):
        yield from (Path(parent) / name for name in names)
