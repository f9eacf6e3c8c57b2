"""Moves away what lies where a file of a run belongs: it is made anew, and nothing is lost."""

from __future__ import annotations

import os
import shutil
from itertools import count
from pathlib import Path


def set_aside(path: Path) -> Path:
    """Rename a file, link or folder to :func:`free_place`, and return that."""
    place = free_place(path)
    path.rename(place)
    return place


def free_place(path: Path) -> Path:
    """Return ``NAME.damaged`` beside a file, or the next free name."""
    names = (path.with_name(f"{path.name}.damaged{number or ''}") for number in count())
    return next(name for name in names if not os.path.lexists(name))


def put(finished: Path, path: Path) -> None:
    """Rename a finished file to ``path``; a folder that lies there is set aside."""
    if path.is_dir() and not path.is_symlink():
        set_aside(path)
    finished.replace(path)


def put_folder(finished: Path, path: Path) -> None:
    """Rename a finished folder to ``path``, in place of the one there; a file is set aside."""
    clear_folder(path)
    finished.rename(path)


def clear_folder(path: Path) -> None:
    """Remove a folder with its content; a file or link in its place is set aside."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif os.path.lexists(path):
        set_aside(path)
