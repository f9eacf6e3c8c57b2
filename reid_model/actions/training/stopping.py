"""Turns Ctrl-C, SIGTERM and a KeyboardInterrupt of ``report`` into one exception.

Lightning answers a KeyboardInterrupt by ignoring SIGINT from then on and exiting with code 1, and
fails to do so off the main thread. Therefore it never receives one.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(BaseException):
    """The run was asked to stop; ``reason`` is the exception that the caller receives."""

    def __init__(self, reason: BaseException, words: str) -> None:
        super().__init__(words)
        self.reason = reason


def _stop(number: int, frame: FrameType | None) -> None:
    name = signal.Signals(number).name
    if number == signal.SIGINT:
        raise Stopped(KeyboardInterrupt(), f"stopped by {name}")
    raise Stopped(SystemExit(128 + number), f"stopped by {name}")


@contextmanager
def signals_as_stops() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into Stopped; off the main thread signals are left alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before: dict[int, Any] = {number: signal.signal(number, _stop) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
