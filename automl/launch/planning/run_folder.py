"""The folder of a run, from ``--output`` and ``--storage``."""

from __future__ import annotations

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.launch.request import RunRequest
from automl.skill import Skill
from automl.trial.secrets import refuse_password

RUNS_FOLDER: Final = "runs"
MIN_FREE_BYTES: Final = 256 * 2**20


def is_url(storage: str | None) -> bool:
    """Return whether ``--storage`` names a URL rather than a path."""
    return storage is not None and "://" in storage


def output_of(storage: str | None, default: Path) -> Path:
    """Return the run's folder without ``--output``: below a storage that is a path, or default."""
    return Path(storage) / default.name if storage and not is_url(storage) else default


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


def new_folder(skill: Skill) -> Path:
    """Return a folder below ``runs/`` that is named by the skill and the time."""
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    return Path(RUNS_FOLDER) / f"{skill.info.name}-{stamp}"


def free_folder(output: Path) -> Path:
    """Return the absolute output folder, which is new or empty and has space on its disk.

    Raises:
        InputError: it is taken, cannot be made, or its disk is full.
    """
    folder = output.absolute()
    try:
        taken = folder.is_file() or (folder.is_dir() and any(folder.iterdir()))
        parent = next(p for p in (folder, *folder.parents) if p.exists())
    except OSError as error:
        raise InputError(f"{output} cannot be a run's folder: {error.strerror}") from error
    if taken:
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
