"""Notices that a server of this process's local Ray has died.

Ray itself would try to reach it for a minute, and then end this process without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from automl.interrupts import has_come
from automl.sweep.cluster.servers import is_alive, kill_in, servers_in
from automl.trial.ledger.writer import Ledger

_SERVERS: Final = ("gcs_server", "raylet")
_watched: Final[dict[int, str]] = {}
_helpers: Final[set[int]] = set()  # Ray's monitors and dashboard
_finishers: Final[list[Callable[[Ledger, str], object]]] = []


class RayDied(BaseException):
    """A server of the local Ray died. A BaseException, so that Tune cannot blame a trial."""


@contextmanager
def servers_watched(folder: Path) -> Iterator[None]:
    """Let :func:`dead_server` look after the servers that work in ``folder``, for the block.

    If one died, the others end at once: Ray's agents would print its log here.
    """
    started = servers_in(folder)
    _watched.update({pid: name for pid, name in started.items() if name in _SERVERS})
    _helpers.update(started.keys() - _watched.keys())
    try:
        yield
    finally:
        if dead_server():
            kill_in(folder)
        _watched.clear()
        _helpers.clear()


def dead_server() -> str:
    """Return a message about a dead server; empty if none is dead, or none is watched.

    After a signal to the whole job the servers count as dead at once: they take 10 s to end, and
    answer no more.
    """
    dead = next((name for pid, name in _watched.items() if not is_alive(pid)), "")
    if not dead and is_job_signalled():
        dead = next(iter(_watched.values()), "")
    if not dead:
        return ""
    return f"Ray's process {dead} ended, by a signal or out of memory; finished trials are safe"


def is_job_signalled() -> bool:
    """Return whether a signal has come to all of the job: it ends Ray's helpers at once."""
    return has_come() and not all(map(is_alive, _helpers))


def check_servers() -> None:
    """Raise RayDied if a server died."""
    if words := dead_server():
        raise RayDied(words)


@contextmanager
def finished_where_stuck(finish: Callable[[Ledger, str], object]) -> Iterator[None]:
    """Let :func:`finish_stuck` call ``finish`` within the block."""
    _finishers.append(finish)
    try:
        yield
    finally:
        _finishers.remove(finish)


def finish_stuck(ledger: Ledger, words: str) -> None:
    """Finish, from another thread, a run whose main thread waits for a dead server for ever."""
    for finish in list(_finishers):
        with suppress(Exception):
            finish(ledger, words)
