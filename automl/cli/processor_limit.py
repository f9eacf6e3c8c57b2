"""Ends a command that only reads, where what it reads would keep the processor busy for long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from automl.errors import InputError

SECONDS: Final = 7.0


@contextmanager
def processor_limit(what: str) -> Iterator[None]:
    """Raise InputError in the block once it has taken :data:`SECONDS` of the processor.

    Time that other processes take does not count. ``what`` is named in the error. On a thread
    other than the main one, which signals do not reach, nothing is limited.
    """

    def expire(number: int, frame: Any) -> None:
        raise InputError(
            f"{what}: it takes more than {SECONDS:g} s of the processor to read; the schema is too"
            " large or leads to too much, so leave out what nobody searches or sets"
        )

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, expire)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
