"""A child that is forked from a process that ran Ray cannot run it: it would wait for ever."""

from __future__ import annotations

import os
import sys

from automl.errors import InputError

_used = False
_inherited = False


def has_joined() -> bool:
    """Return whether this process is connected to a Ray already."""
    ray = sys.modules.get("ray")
    return ray is not None and bool(ray.is_initialized())


def note_use() -> None:
    """Remember that this process starts or joins a Ray."""
    global _used
    _used = True


def check_usable() -> None:
    """Raise InputError where this process was forked from one that ran Ray."""
    if _inherited:
        raise InputError(
            "this process was forked from one that ran Ray, which no forked child can: start the"
            " sweep in a process of its own, such as one of multiprocessing's start method spawn"
        )


def _inherit() -> None:
    global _inherited
    _inherited = _inherited or _used or has_joined()


os.register_at_fork(after_in_child=_inherit)
