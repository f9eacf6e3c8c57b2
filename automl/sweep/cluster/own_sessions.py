"""Gives the servers of a local Ray sessions of their own, away from signals to the driver's group.

A terminal, ``timeout`` and ``kill -- -PID`` signal every process of a group. Ray's servers would
end before the driver has ended its trials. They still end with the thread that starts them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

_here: Final = threading.local()


@contextmanager
def own_sessions() -> Iterator[None]:
    """Give each process that this thread forks in the block a session of its own."""
    _here.wanted = True
    try:
        yield
    finally:
        _here.wanted = False


def _leave_session() -> None:
    if getattr(_here, "wanted", False):
        with suppress(PermissionError):  # it leads one already
            os.setsid()


os.register_at_fork(after_in_child=_leave_session)
