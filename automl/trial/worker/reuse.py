"""Isolates the trials that one worker process runs after each other.

What a trial changed about the process is put back after it. Where that is not possible (memory that
is not freed, threads that go on, files that stay open), the worker is replaced, and the trial's log
says why.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Thread
from typing import Final

from automl.trial.worker.process_state import PARTS
from automl.trial.worker.torch_state import gpu_in_use, loaded_torch, torch_state

MAX_GROWTH: Final = 2**30
MAX_GPU_GROWTH: Final = 2**28
MAX_OPEN_FILES: Final = 256
_STATUS: Final = Path("/proc/self/status")
_OPEN_FILES: Final = Path("/proc/self/fd")


@dataclass(frozen=True)
class Footprint:
    """What a process holds: bytes of its own memory and of the GPU's, open files, threads."""

    memory: int
    gpu_memory: int
    open_files: int
    threads: frozenset[threading.Thread] = field(repr=False, default=frozenset())


def footprint() -> Footprint:
    """Return this process's footprint now; what the system does not say counts as 0.

    Memory is that of the process alone, without pages of files that it maps.
    """
    alive = frozenset(thread for thread in threading.enumerate() if thread.is_alive())
    return Footprint(_own_memory(), _gpu_memory(), _open_files(), alive)


def leak_reason(fresh: Footprint, now: Footprint) -> str:
    """Return why a worker should be replaced, empty while it need not.

    Args:
        fresh: its footprint once it had run its first trial, threads: before the last trial.
        now: its footprint after the last trial.
    """
    left = sorted(t.name for t in now.threads - fresh.threads if not _of_a_library(t))
    if left:
        return f"{len(left)} threads of the trial go on ({', '.join(left[:3])})"
    for what, grown, limit in (
        ("memory", now.memory - fresh.memory, MAX_GROWTH),
        ("GPU memory", now.gpu_memory - fresh.gpu_memory, MAX_GPU_GROWTH),
    ):
        if grown > limit:
            return f"its {what} grew by {grown >> 20} MiB over its trials"
    if now.open_files - fresh.open_files > MAX_OPEN_FILES:
        return f"{now.open_files - fresh.open_files} files of its trials are still open"
    return ""


def _of_a_library(thread: threading.Thread) -> bool:
    """Whether an installed library started the thread for itself, as tqdm does its monitor.

    A thread that Python did not start (a dummy) belongs to a runtime such as CUDA.
    """
    if isinstance(thread, threading._DummyThread):
        return True
    module = sys.modules.get(type(thread).__module__)
    return thread.daemon and "site-packages" in (getattr(module, "__file__", None) or "")


def _own_memory() -> int:
    try:
        lines = _STATUS.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    found = [line.split() for line in lines if line.startswith("RssAnon:")]
    return int(found[0][1]) * 1024 if found else 0


def _gpu_memory() -> int:
    return int(loaded_torch().cuda.memory_allocated()) if gpu_in_use() else 0


def _open_files() -> int:
    try:
        return sum(1 for _ in _OPEN_FILES.iterdir())
    except OSError:
        return 0


class TrialProcess:
    """This process as the place of trials; there is one object in each process.

    Attributes:
        leak_reason: why it should run no further trial, empty while it may.
    """

    def __init__(self) -> None:
        self.leak_reason = ""
        self._fresh: Footprint | None = None

    @contextmanager
    def trial(self, log: Path) -> Iterator[None]:
        """Run one trial in the block, then restore the process, or say why it must be replaced.

        ``log`` is the trial's log, which gets the reason.
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
        if leak_reason(fresh, now):
            gc.collect()
            self.leak_reason = self.leak_reason or leak_reason(fresh, footprint())
        if self.leak_reason and log.parent.is_dir():
            with log.open("a", encoding="utf-8") as stream:
                stream.write(
                    f"automl: this worker is replaced after the trial: {self.leak_reason}\n"
                )


TRIAL_PROCESS = TrialProcess()
