"""A process carries out one run at a time: its Ray, environment and signals serve one."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from automl.errors import InputError
from automl.sweep.cluster.background import has_joined

_ALONE = "start it in a process of its own"


class _Turn:
    """Whose turn it is in this process; a forked child begins with a new one."""

    def __init__(self, *, has_parents_ray: bool = False) -> None:
        self.lock = threading.Lock()
        self.has_parents_ray = has_parents_ray


_turn = _Turn()


@contextmanager
def only_run_here() -> Iterator[None]:
    """Keep other runs out of this process for the block.

    Raises:
        InputError: the process is in a run already, or was forked from one that is connected to
            Ray, whose connection no child can use.
    """
    turn = _turn
    if turn.has_parents_ray:
        raise InputError(
            f"this process was forked from one that is connected to Ray: {_ALONE}, such as one of"
            " multiprocessing's start method spawn"
        )
    if not turn.lock.acquire(blocking=False):
        raise InputError(
            f"this process is in an automl.run already, perhaps in another thread: {_ALONE}, or"
            " after that one"
        )
    try:
        yield
    finally:
        turn.lock.release()


def _begin_anew() -> None:
    global _turn
    _turn = _Turn(has_parents_ray=has_joined())


os.register_at_fork(after_in_child=_begin_anew)
