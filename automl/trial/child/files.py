"""Finds the files in which trainers report, and reads the lines that were added to them."""

from __future__ import annotations

import os
from glob import glob
from pathlib import Path
from typing import BinaryIO, Final

from automl.constants import LOG_FILE
from automl.trial.secrets import mask

_LEVELS: Final = ("", "*/", "*/*/")  # results/train/status.json is two levels down


def files_named(folder: Path, name: str) -> list[Path]:
    """Return the files called ``name`` in ``folder`` and up to two levels below it.

    The trainer may remove folders meanwhile, which ``Path.glob`` does not forgive.
    """
    found = (glob(f"{level}{name}", root_dir=folder, include_hidden=True) for level in _LEVELS)
    paths = (path for names in found for path in sorted(map(folder.joinpath, names)))
    return [path for path in paths if path.is_file()]


class Lines:
    """Reads the lines added to a file; a file that is written anew is read from its start."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        """``from_end`` skips what the file holds now."""
        self._path = path
        self._offset = 0
        self._before = b""
        self._stamp: int | None = None
        if from_end and path.is_file():
            self._skip()

    def new_lines(self, *, ended: bool = False) -> list[str]:
        """Return the lines completed since the last call.

        ``ended``: the file's writer has ended well, so a last line without a newline is whole.
        """
        try:
            stream = self._path.open("rb")
        except (FileNotFoundError, IsADirectoryError):  # the trainer is about to write it anew
            return []
        with stream:
            stamp = os.fstat(stream.fileno()).st_mtime_ns
            if self._is_anew(stream, stamp):
                self._offset, self._before = 0, b""
            stream.seek(self._offset)
            data = stream.read()
            later = os.fstat(stream.fileno()).st_mtime_ns
        self._stamp = stamp if later == stamp else None
        whole = data if ended else data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        self._before = (self._before + whole)[-_MARK_BYTES:] if whole else self._before
        return whole.decode(errors="replace").removesuffix("\n").split("\n") if whole else []

    def _skip(self) -> None:
        """Go on behind what the file holds now."""
        with self._path.open("rb") as stream:
            self._stamp = os.fstat(stream.fileno()).st_mtime_ns
            self._offset = stream.seek(0, 2)
            stream.seek(max(0, self._offset - _MARK_BYTES))
            self._before = stream.read(min(self._offset, _MARK_BYTES))

    def _is_anew(self, stream: BinaryIO, stamp: int) -> bool:
        """Whether the file was written anew, rather than added to, since it was read.

        It is shorter than what was read, holds other bytes there, or was written without growing.
        """
        size = stream.seek(0, 2)
        if self._offset > size:
            return True
        stream.seek(self._offset - len(self._before))
        if stream.read(len(self._before)) != self._before:
            return True
        return size == self._offset and self._stamp is not None and stamp != self._stamp


_MARK_BYTES: Final = 256
LINES: Final = 10
_BYTES: Final = 8_192


def log_tail(folder: Path, lines: int = LINES) -> str:
    """Return the last lines of the log in a trial's folder, indented, without credentials."""
    log = folder / LOG_FILE
    if not log.is_file():
        return ""
    with log.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, 2) - _BYTES))
        text = stream.read().decode(errors="replace")
    last = [line.rstrip() for line in mask(text).splitlines() if line.strip()][-lines:]
    head = f"last lines of {folder.parent.name}/{folder.name}/{LOG_FILE}:"
    return "\n  ".join([head, *last]) if last else ""
