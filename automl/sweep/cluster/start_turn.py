"""Lets the drivers of one user on one host start their Rays one after the other.

Ray gives a start 30 s and no setting changes that. Five sweeps that begin at the same moment on two
cores would all need longer; in turn each has the machine for its start.
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from automl.trial.data.cache import cache_dir

PATIENCE_S: Final = 180.0
_POLL_S: Final = 0.1


class StartTurn:
    """One driver's turn, which ends with its process at the latest.

    It only keeps others waiting: where no lock can be held, or one is held for too long, the start
    goes on without.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """``folder`` holds the lock; None for the user's cache."""
        self._folder = folder
        self._file: int | None = None

    def wait(
        self, cancelled: Callable[[float], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Wait for the turn; ``cancelled`` waits so many seconds and says whether to give up."""
        with suppress(OSError):
            folder = self._folder or cache_dir()
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f".ray-start-{socket.gethostname()}.lock"
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
            until = clock() + PATIENCE_S
            while not self._taken() and clock() < until and not cancelled(_POLL_S):
                pass

    def release(self) -> None:
        """Let the next one start."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _taken(self) -> bool:
        assert self._file is not None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
