"""Tries again what a storage refuses for a moment, with growing pauses, for a limited time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 120.0
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 8.0

# Errors that another try does not change: a missing object, a refused key, a wrong call.
_FINAL: Final = (
    FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, ImportError,
    ValueError, TypeError, NotImplementedError,
)  # fmt: skip


def with_retries(
    work: Callable[[], T],
    *,
    patience_s: float = PATIENCE_S,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> T:
    """Return what ``work`` returns, tried again while it fails for what may pass.

    Args:
        work: may be called several times.
        patience_s: seconds since the first failure after which its error is raised.
        sleep, clock: how to wait, and what the time is.

    Raises:
        Exception: the last error of ``work``.
    """
    pause, failed_at = FIRST_PAUSE_S, None
    while True:
        try:
            return work()
        except _FINAL:
            raise
        except Exception:  # each filesystem has errors of its own
            now = clock()
            failed_at = now if failed_at is None else failed_at
            if now + pause - failed_at > patience_s:
                raise
            sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
