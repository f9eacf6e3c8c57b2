"""A worker runs one trial after the other: what one does to the process, the next never sees.

Whatever can be put back is put back. What cannot (memory that is not freed, threads that go on,
files that stay open) wears the worker out: it says so in the trial's log and is replaced.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

from automl.trial.process_state import PARTS
from automl.trial.torch_state import gpu_in_use, torch_state
from automl.trial.wear import Footprint, footprint, worn


class Worker:
    """The process of trials as it was before the first of them; one in each process.

    Attributes:
        worn: why it should run no further trial, empty while it may.
    """

    def __init__(self) -> None:
        self.worn = ""
        self._fresh: Footprint | None = None

    @contextmanager
    def trial(self, log: Path) -> Iterator[None]:
        """Run one trial in the block; afterwards the process is as before, or it is worn.

        ``log`` is the trial's log, which is told why a worker is worn.
        """
        restores = [part() for part in (*PARTS, torch_state)]
        threads = footprint().threads
        try:
            yield
        finally:
            if gpu_in_use():
                gc.collect()  # tensors in cycles hold memory that the neighbours need
            for restore in reversed(restores):
                restore()
            self._judge(log, threads)

    def _judge(self, log: Path, threads: frozenset[Thread]) -> None:
        now = footprint()
        self._fresh = self._fresh or now
        fresh = replace(self._fresh, threads=threads)
        if worn(fresh, now):
            gc.collect()
            self.worn = self.worn or worn(fresh, footprint())
        if self.worn and log.parent.is_dir():
            with log.open("a", encoding="utf-8") as stream:
                stream.write(f"automl: this worker is replaced after the trial: {self.worn}\n")


WORKER = Worker()
