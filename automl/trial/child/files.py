"""Finds the files in which trainers report, and reads the lines that were added to them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from automl.constants import LOG_FILE
from automl.trial.secrets import mask

_LEVELS: Final = ("", "*/", "*/*/")  # results/train/status.json is two levels down


def files_named(folder: Path, name: str) -> list[Path]:
    """Return the files called ``name`` in ``folder`` and up to two levels below it."""
    found = (sorted(folder.glob(f"{level}{name}")) for level in _LEVELS)
    return [path for paths in found for path in paths if path.is_file()]


class Lines:
    """Reads the lines added to a file; a file that became shorter is read from its start."""

    def __init__(self, path: Path, *, from_end: bool = False) -> None:
        """``from_end`` skips what the file holds now."""
        self._path = path
        self._offset = path.stat().st_size if from_end and path.exists() else 0

    def new_lines(self) -> list[str]:
        """Return the lines completed since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as stream:
            if self._offset > stream.seek(0, 2):
                self._offset = 0
            stream.seek(self._offset)
            data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode(errors="replace").split("\n")[:-1]


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
