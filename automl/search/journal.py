"""The file behind a study: an Optuna journal that is flushed to the disk only where it matters.

Optuna flushes every entry, and a suggestion is one entry for each parameter: with 1,000 trials that
cost nothing the flushes took most of a sweep's time. A killed process loses nothing that it wrote,
flushed or not; only a machine that loses power does. After that a study must still have every
suggestion whose trial started, so :meth:`SweepJournal.sync` is called after each. Metrics and ends
of trials are in the run's ledger, from which :mod:`automl.sweep.restore` reports them again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

from automl.partial_line import cut_torn_line

_LOCK_GRACE_S: Final = 5


class JournalError(OSError):
    """An entry cannot be written whole: nothing may follow it."""


class SweepJournal(JournalFileBackend):  # type: ignore[misc]
    """A journal file whose entries are written at once and flushed to the disk on demand."""

    def __init__(self, path: Path) -> None:
        """Open ``path``, made when missing; the partial line of a killed driver is cut off."""
        cut_torn_line(path)
        self._path = path
        self._held = JournalFileOpenLock(str(path), grace_period=_LOCK_GRACE_S)
        super().__init__(str(path), lock_obj=self._held)

    def append_logs(self, logs: Sequence[Mapping[str, Any]]) -> None:
        """Write entries without a flush: they outlive this process, not a loss of power.

        Raises:
            JournalError: the disk is full, or gone.
        """
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._held.acquire()
        try:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            raise JournalError(error.errno, error.strerror, str(self._path)) from error
        finally:
            self._held.release()

    def sync(self) -> None:
        """Flush everything written to the disk."""
        with self._path.open("rb") as stream:
            os.fsync(stream.fileno())
