"""Reads a file that somebody packaged: a plain file of limited size, inside its folder."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from automl.bounded_yaml import decode
from automl.errors import SkillError

MAX_BYTES: Final = 16 * 2**20
_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def read_bytes(path: Path, within: Path | None = None) -> bytes:
    """Return the content of ``path``; whatever is no plain file is refused without opening it.

    ``within``: the folder that the file must lie in, links followed.

    Raises:
        SkillError: it is missing, no plain file, too large, outside of the folder, or unreadable.
    """
    try:
        _check_kind(path)
        if within is not None:
            _check_inside(path, within)
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SkillError(f"{path}: no such file; the skill must package it") from None
    except (OSError, ValueError) as exc:
        raise SkillError(f"{path}: cannot be read: {getattr(exc, 'strerror', exc)}") from exc
    if len(content) > MAX_BYTES:
        raise SkillError(f"{path}: is larger than {MAX_BYTES >> 20} MiB; shorten it")
    return content


def read_text(path: Path, within: Path | None = None) -> str:
    """Return the content of ``path`` as text; see :func:`read_bytes`."""
    try:
        return decode(read_bytes(path, within))
    except UnicodeDecodeError as exc:
        raise SkillError(f"{path}: cannot be read as UTF-8 text: {exc}; save it as UTF-8") from exc


def _check_kind(path: Path) -> None:
    kind = stat.S_IFMT(path.stat().st_mode)
    if kind != stat.S_IFREG:
        what = _KINDS.get(kind, "no file")
        raise SkillError(f"{path}: is {what}, where a plain file is due; put the file there")


def _check_inside(path: Path, folder: Path) -> None:
    real = os.path.realpath(path)
    if not Path(real).is_relative_to(os.path.realpath(folder)):
        raise SkillError(
            f"{path}: leads out of the skill's folder, to {real}; copy the file into the skill"
        )
