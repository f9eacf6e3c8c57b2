"""Reads ``status.json`` in a folder, or up to two levels below it, while it grows."""

from __future__ import annotations

from pathlib import Path

from automl.constants import STATUS_FILE
from automl.trial.child.files import Lines, files_named
from automl.trial.status_record import StatusRecord, parse_line


class StatusTail:
    """The records added to the status files of a folder.

    Attributes:
        failure: the message of the last FAILURE record, empty without one.
    """

    def __init__(self, folder: Path) -> None:
        """Skip what the files hold now: it is of an earlier run of the trial."""
        self._folder = folder
        self._files = {path: Lines(path, from_end=True) for path in self._paths()}
        self.failure = ""

    def new_records(self) -> list[StatusRecord]:
        """Return the records of the lines completed since the last call."""
        lines: list[str] = []
        for path in self._paths():
            lines += self._files.setdefault(path, Lines(path)).new_lines()
        records = [record for record in map(parse_line, lines) if record is not None]
        for record in records:
            if record.status == "FAILURE":
                self.failure = record.message
        return records

    def _paths(self) -> list[Path]:
        return files_named(self._folder, STATUS_FILE)
