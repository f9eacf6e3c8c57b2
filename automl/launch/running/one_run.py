"""A process carries out one run at a time: its Ray, environment and signals serve one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import InputError

_turn = threading.Lock()


@contextmanager
def only_run_here() -> Iterator[None]:
    """Keep other runs out of this process for the block.

    Raises:
        InputError: the process is in a run already.
    """
    turn = _turn
    if not turn.acquire(blocking=False):
        raise InputError(
            "this process is in an automl.run already, perhaps in another thread: start this one"
            " in a process of its own, or after that one"
        )
    try:
        yield
    finally:
        turn.release()


def _begin_anew() -> None:
    """Give a forked child a new lock, since its parent may hold the old one."""
    global _turn
    _turn = threading.Lock()


os.register_at_fork(after_in_child=_begin_anew)
