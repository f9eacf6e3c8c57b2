"""Starts, watches and ends the processes (ranks) of a run on several devices.

Lightning's own launcher kills rank 0 when another rank fails, before rank 0 can record it, and
leaves the other ranks waiting in a collective operation when rank 0 fails.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from lightning_fabric.utilities.distributed import _set_num_threads_if_needed
from pytorch_lightning.strategies import DDPStrategy
from pytorch_lightning.strategies.launchers.subprocess_script import _SubprocessScriptLauncher

from reid_model.errors import ReIDError, TrainingError

_POLL_S, _NOTICE_S, _PATIENCE_S = 1.0, 2.0, 10.0

Lost = Callable[[str], None]
"""Called from another thread with a message when a rank is lost; rank 0 exits afterwards."""


class OwnGpuEnvironment(TorchElasticEnvironment):
    """For ranks that see one GPU each: Lightning treats every rank as a node of its own."""

    def local_rank(self) -> int:
        """The place of the process's GPU among those that it sees."""
        return 0

    def node_rank(self) -> int:
        """The place of the process among all."""
        return self.global_rank()


class RankStrategy(DDPStrategy):
    """DDP whose rank 0 starts the other ranks and ends together with them."""

    def __init__(self, lost: Lost) -> None:
        super().__init__(find_unused_parameters=True)
        self._lost = lost

    def _configure_launcher(self) -> None:
        assert self.cluster_environment is not None
        self._launcher = RankLauncher(
            self.cluster_environment, self.num_processes, self.num_nodes, self._lost
        )


class RankLauncher(_SubprocessScriptLauncher):
    """Starts this command once more for every other device."""

    def __init__(self, environment: Any, num_processes: int, num_nodes: int, lost: Lost) -> None:
        super().__init__(environment, num_processes, num_nodes)
        self._lost = lost

    def launch(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Run ``function`` on all ranks; after an error end every rank."""
        options.pop("trainer", None)
        _set_num_threads_if_needed(num_processes=self.num_processes)
        if self.cluster_environment.creates_processes_externally:  # this is one of the others
            return function(*args, **options)
        self._call_children_scripts()
        # Registered before the process group's own exit handler, so it runs after it.
        atexit.register(_await_end, self.procs)
        over = threading.Event()
        threading.Thread(target=self._watch, args=(over,), daemon=True).start()
        try:
            return function(*args, **options)
        except BaseException as exc:
            lost = self._lost_first(exc)
            over.set()
            _end(self.procs)
            if lost:
                raise TrainingError(lost) from exc
            raise
        finally:
            over.set()

    def _lost_first(self, exc: BaseException) -> str:
        """Names the lost rank if that is why this one failed, else an empty text."""
        if isinstance(exc, ReIDError) or not isinstance(exc, Exception):
            return ""
        deadline = time.monotonic() + _NOTICE_S
        while not (failed := self._failure_text()) and time.monotonic() < deadline:
            time.sleep(0.1)
        return failed

    def _failure_text(self) -> str:
        codes = ((rank, process.poll()) for rank, process in enumerate(self.procs, start=1))
        told = [f"process {rank} ended with code {code}" for rank, code in codes if code]
        return f"{', '.join(told)}; its own message says why" if told else ""

    def _watch(self, over: threading.Event) -> None:
        """Report a lost rank and exit if this rank waits for it without noticing."""
        while not over.wait(_POLL_S):
            failed = self._failure_text()
            if failed and not over.wait(_PATIENCE_S):
                self._lost(failed)
                _end(self.procs)
                os._exit(1)


def _await_end(processes: list[subprocess.Popen[Any]]) -> None:
    """Wait for the other ranks to end; terminate those that take too long."""
    deadline = time.monotonic() + _PATIENCE_S
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    _end(processes)


def _end(processes: list[subprocess.Popen[Any]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
