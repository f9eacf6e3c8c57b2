"""The file behind a study: an Optuna journal that waits for the disk only where it matters.

Optuna flushes every entry to the disk, and a suggestion is one entry for each parameter: at 1,000
trials of no cost that was most of a sweep's time. A killed process loses nothing that it wrote,
flushed or not; only a machine that dies does. What a study must then still have is a suggestion
whose trial was started, so that is what :meth:`SweepJournal.sync` is called for. Reports and ends
are in the run's ledger as well, which tells them again (:mod:`automl.sweep.restore`).
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


class SweepJournal(JournalFileBackend):  # type: ignore[misc]
    """A journal file whose entries are written at once and flushed to the disk on demand."""

    def __init__(self, path: Path) -> None:
        """``path`` is made when missing; a line that a death tore is cut off."""
        cut_torn_line(path)
        self._path = path
        self._held = JournalFileOpenLock(str(path), grace_period=_LOCK_GRACE_S)
        super().__init__(str(path), lock_obj=self._held)

    def append_logs(self, logs: Sequence[Mapping[str, Any]]) -> None:
        """Write entries, safe from the death of this process but not of the machine."""
        text = "".join(json.dumps(log, separators=(",", ":")) + "\n" for log in logs)
        self._held.acquire()
        try:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(text)
        finally:
            self._held.release()

    def sync(self) -> None:
        """Wait until all that was written is on the disk."""
        with self._path.open("rb") as stream:
            os.fsync(stream.fileno())
