"""Reads the ledger of a run again and again while it grows, each line once."""

from __future__ import annotations

import os
from pathlib import Path

from automl.trial.ledger.events import LedgerEvent
from automl.trial.ledger.gc_pause import gc_paused
from automl.trial.ledger.lines import LedgerLines, split_lines
from automl.trial.ledger.writer import check_damages


class LedgerFollower:
    """Reads a ledger for a view that is redrawn: each time only the lines that are new.

    Attributes:
        events: the complete events that were read, oldest first.
    """

    def __init__(self, path: Path, content: bytes) -> None:
        """``content``: what the ledger at ``path`` holds so far.

        Raises:
            DamagedLedgerError: it is damaged.
        """
        self.events: list[LedgerEvent] = []
        self._path = path
        self._file = _identity(path)
        self._reader = LedgerLines()
        self._offset, self._last_line = 0, b""
        self._take(content)

    def read_on(self) -> list[LedgerEvent] | None:
        """Read what was appended and return its events; None where the ledger is another by now.

        Raises:
            DamagedLedgerError: what was appended is damaged.
        """
        begin = self._offset - len(self._last_line)
        if _identity(self._path) != self._file:
            return None
        with self._path.open("rb") as stream:
            stream.seek(begin)
            content = stream.read()
        if not content.startswith(self._last_line):
            return None
        return self._take(content[len(self._last_line) :])

    def _take(self, content: bytes) -> list[LedgerEvent]:
        lines, torn = split_lines(content)
        with gc_paused():
            found = list(self._reader.events(lines))
        check_damages(self._path, self._reader.damages)
        self._offset += len(content) - len(torn)
        self._last_line = lines[-1] + b"\n" if lines else self._last_line
        self.events += found
        return found


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file is at ``path``: a repair puts another one there."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino
