"""The folder of a run, from ``--output`` and ``--storage``."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from contextlib import suppress
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.skill import Skill
from automl.trial.secrets import refuse_password

RUNS_FOLDER: Final = "runs"
MIN_FREE_BYTES: Final = 256 * 2**20
_NO_NAME: Final = re.compile(r"[/\x00-\x1f\x7f-\x9f\ud800-\udfff]")  # what no folder is called by
_LONGEST_NAME: Final = 80


def is_url(storage: str | None) -> bool:
    """Return whether ``--storage`` names a URL rather than a path."""
    return storage is not None and "://" in storage


def check_place(request: RunRequest) -> None:
    """Refuse a storage that a run cannot use.

    Raises:
        InputError: it is a path beside ``--output``, a URL with a password, or a URL where the run
            needs the files of several trials in one folder.
    """
    if request.storage is None:
        return
    storage = str(request.storage)
    refuse_password(storage, "--storage")
    if not is_url(storage) and request.output is not None:
        raise InputError(
            f"--storage {storage} and --output {request.output}: give one; a path needs no"
            " --storage"
        )
    together = "--confirm" if request.confirm is not None else ""
    together = "--algorithm pbt" if request.algorithm == "pbt" else together
    if is_url(storage) and together:
        raise InputError(
            f"{together} works on the checkpoints of several trials, in one folder that every node"
            " sees: leave out --storage URL, and give --output on a shared path"
        )


def default_folder(skill: Skill, storage: str | None) -> Path:
    """Return a folder named by the skill and the time, below ``storage`` or, without, ``runs/``.

    Runs that keep a copy at a URL lie in folders of their own machines, whose names must differ
    at the URL; theirs end with four random digits.
    """
    called = _NO_NAME.sub("_", skill.info.name)[:_LONGEST_NAME].lstrip(".") or "run"
    name = f"{called}-{datetime.now():%Y%m%d-%H%M%S}"
    if storage is None:
        return Path(RUNS_FOLDER) / name
    if is_url(storage):
        return Path(RUNS_FOLDER) / f"{name}-{secrets.token_hex(2)}"
    return Path(storage) / name


def make_default_folder(folder: Path) -> Path:
    """Make the folder of a run without ``--output``; where it exists, ``NAME-02`` or the next one.

    Whoever makes it owns it: runs that start at once, on any host, get folders of their own.

    Raises:
        InputError: it cannot be made.
    """
    names = (f"{folder.name}-{number:02d}" for number in count(2))
    made = folder
    try:
        while not _is_made(made):
            made = folder.with_name(next(names))
    except OSError as error:
        raise InputError(f"the folder {made} cannot be made: {error.strerror}") from error
    return made


def _is_made(folder: Path) -> bool:
    """Make a folder and those above it; return False where it exists."""
    while True:
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            folder.mkdir()
        except FileExistsError:
            return False
        except FileNotFoundError:  # a refused run removed an empty runs/
            continue
        return True


def drop_empty_folder(folder: Path) -> None:
    """Remove the empty folder of a run that never began, and a ``runs/`` that then is empty too."""
    with suppress(OSError):  # something lies there
        folder.rmdir()
        if folder.parent.name == RUNS_FOLDER:
            folder.parent.rmdir()


def free_folder(output: Path, *, default: bool = False) -> Path:
    """Return the absolute output folder, which is new or empty and has space on its disk.

    A ``default`` one may be taken: another name is found when it is made.

    Raises:
        InputError: it is taken, cannot be made, or its disk is full.
    """
    folder = output.absolute()
    try:
        taken = folder.is_file() or (folder.is_dir() and any(folder.iterdir()))
        parent = next(p for p in (folder, *folder.parents) if p.exists())
    except OSError as error:
        raise InputError(
            f"{output} cannot be a run's folder: {error.strerror}; give another --output"
        ) from error
    if taken and not default:
        raise InputError(f"{output} exists and is not an empty folder: give another --output")
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{output} cannot be made: {parent} is no folder to write into; give another --output"
        )
    free = shutil.disk_usage(parent).free
    if free < MIN_FREE_BYTES:
        raise InputError(
            f"no room for results: {free // 2**20} MiB are free at {parent},"
            f" at least {MIN_FREE_BYTES // 2**20} MiB are needed"
        )
    return folder
