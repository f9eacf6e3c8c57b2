"""Restores the SIGTERM handler, which Ray replaces in C at its start and drops at its end.

Ray's own prints the stack of the process, and aborts it 3 s later.
"""

from __future__ import annotations

import ctypes
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_ROOM: Final = 512  # bytes, for a struct sigaction of any system


@contextmanager
def handler_kept(number: int = signal.SIGTERM) -> Iterator[None]:
    """Give the signal the handler back, after the block, that it had before; in any thread."""
    library, action = ctypes.CDLL(None), ctypes.create_string_buffer(_ROOM)
    library.sigaction(number, None, action)
    handler = signal.getsignal(number)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread() and handler is not None:
            signal.signal(number, handler)
        library.sigaction(number, action, None)
