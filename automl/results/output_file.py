"""Files that a user names with ``--output``: refused before the work, written whole or not at all.

What cannot be written later is refused at once: an unknown ending, a missing folder, a folder in
place of a file, a run's own file. A file that was there stays as it is until the new one is whole.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

from automl.constants import (
    EPOCHS_FILE,
    EVALUATION_FILE,
    LEDGER_FILE,
    PLAN_FILE,
    SPEC_FILE,
    STATUS_FILE,
    STUDY_FILE,
    TRIALS_FILE,
)
from automl.errors import InputError

_OF_A_RUN: Final = frozenset(
    {PLAN_FILE, LEDGER_FILE, TRIALS_FILE, EPOCHS_FILE, STUDY_FILE}
    | {SPEC_FILE, STATUS_FILE, EVALUATION_FILE}
)
_DEPTH: Final = 3  # of a trial's files in the run's folder: trials/ID/spec.yaml
_DEVICES: Final = ("/dev/", "/proc/")


def check_output(path: Path, endings: Collection[str] = ()) -> None:
    """Refuse a file that cannot be written.

    Args:
        path: the file.
        endings: those that it may have, such as ``.csv``; empty for any.

    Raises:
        InputError: it has another ending, is a folder or a run's own file, or its folder is not
            there or not to be written to.
    """
    try:
        why = _refusal(path, endings)
    except OSError as error:
        why = str(error.strerror)
    if why:
        raise InputError(f"cannot write {path}: {why}")


def _refusal(path: Path, endings: Collection[str]) -> str:
    if path.is_dir():
        return "it is a folder; name a file in it"
    if _is_device(path):
        return ""
    if endings and path.suffix.lower() not in endings:
        what = f"no ending {path.suffix!r} is known" if path.suffix else "the name has no ending"
        return f"{what}; it may be {', '.join(endings)}"
    target = Path(os.path.realpath(path))
    folder = target.parent
    if not folder.is_dir():
        return f"{folder} is no folder" if folder.exists() else f"there is no folder {folder}"
    if target.name in _OF_A_RUN and any((f / PLAN_FILE).exists() for f in target.parents[:_DEPTH]):
        return "it is the run's own file; choose another name"
    if not os.access(target if target.exists() else folder, os.W_OK):
        return "Permission denied; name a file elsewhere with --output"
    return ""


def write_output(path: Path, content: bytes) -> None:
    """Write a file whole, or leave what was there.

    Raises:
        InputError: it cannot be written.
    """
    try:
        if _is_device(path):
            path.write_bytes(content)
        else:
            _replace(Path(os.path.realpath(path)), content)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror}") from error


def _is_device(path: Path) -> bool:
    """Whether this is a pipe, or another thing whose place no file may take."""
    return path.exists() and (str(path).startswith(_DEVICES) or not path.is_file())


def _replace(target: Path, content: bytes) -> None:
    unfinished = target.with_name(f".automl-{os.getpid()}.tmp")
    try:
        unfinished.write_bytes(content)
        if target.exists():
            shutil.copymode(target, unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
