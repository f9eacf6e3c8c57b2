"""Running a skill's action as a child process group, its status file read as it grows.

The child gets its own process group, so that a stop reaches what it started: SIGTERM, a grace
period, SIGKILL. ``report`` may raise to stop the child (a scheduler's stop does).
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from automl.constants import STATUS_FILE
from automl.errors import TrialError
from automl.trial.entrypoint import Report
from automl.trial.record import Record, parse_line

POLL_S: Final = 0.2
GRACE_S: Final = 10.0
LOG_TAIL_LINES: Final = 5


def run_command(argv: Sequence[str], folder: Path, log: Path, report: Report, cwd: Path) -> None:
    """Run ``argv`` until it ends; records of ``folder/status.json`` go to ``report``.

    Raises:
        TrialError: the program does not exist, fails, or its status file says FAILURE.
    """
    status = StatusTail(folder / STATUS_FILE)
    with log.open("ab") as stream:
        try:
            child = subprocess.Popen(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                start_new_session=True,
            )
        except OSError as error:
            raise TrialError(f"cannot start {argv[0]!r}: {error.strerror}") from error
        try:
            while child.poll() is None:
                _forward(status, report)
                time.sleep(POLL_S)
            _forward(status, report)
        finally:
            _stop(child)
    if child.returncode != 0:
        raise TrialError(_failure(argv, child.returncode, status.failure, log))


class StatusTail:
    """Reads the whole lines that a status file gained since the last look."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = path.stat().st_size if path.exists() else 0
        self.failure = ""

    def new_records(self) -> list[Record]:
        """Return the records of the lines completed since the last call."""
        if not self._path.exists():
            return []
        with self._path.open("rb") as stream:
            stream.seek(self._offset)
            data = stream.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        lines = whole.decode(errors="replace").splitlines()
        records = [record for record in map(parse_line, lines) if record is not None]
        for record in records:
            if record.status == "FAILURE":
                self.failure = record.message
        return records


def _forward(status: StatusTail, report: Report) -> None:
    for record in status.new_records():
        report(record)


def _stop(child: subprocess.Popen[bytes]) -> None:
    """End the child's whole group; harmless when it has ended."""
    for number, grace in ((signal.SIGTERM, GRACE_S), (signal.SIGKILL, GRACE_S)):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            break
        if child.poll() is not None:
            continue
        try:
            child.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            continue
    child.wait()


def _failure(argv: Sequence[str], code: int, said: str, log: Path) -> str:
    if said:
        return said
    tail = log.read_text(errors="replace").strip().splitlines()[-LOG_TAIL_LINES:]
    how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
    return f"{argv[0]} {how}; last lines of {log.name}: " + " | ".join(tail)
