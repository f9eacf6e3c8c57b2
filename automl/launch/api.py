"""The Python face of ``automl run``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Final

from automl.errors import InputError
from automl.launch.execute import execute
from automl.launch.plan import make_plan
from automl.launch.request import RunRequest, parse_duration
from automl.launch.result import RunResult
from automl.launch.resume import nothing_left_note, resume_plan
from automl.launch.running.prewarm import begin_ray
from automl.launch.running.remote_run import local_folder
from automl.launch.running.signals import sigterm_interrupts
from automl.sweep.cluster.address import refuse_client
from automl.sweep.cluster.background import BackgroundRay


def run(**options: Any) -> RunResult:
    """Run a sweep, or one direct training where the policy or the skill says so.

    Args:
        options: the fields of :class:`automl.launch.request.RunRequest`, for example
            ``skill_dir``, ``data``, ``trials``, ``overrides={"num_epochs": 5}``. Paths may be
            texts, times may be written as ``"45m"``, and where several names are asked for one
            text is one name.

    Returns:
        The run's folder, status, champion and tables.

    Raises:
        InputError: something about the request is wrong; nothing was written.
    """
    request = read_options(options)
    refuse_client(request.address)
    with sigterm_interrupts(), BackgroundRay() as ahead:
        return execute(make_plan(request, partial(begin_ray, ahead)), ahead=ahead)


def resume(
    folder: str | Path,
    *,
    add_trials: int = 0,
    allow_changed: bool = False,
    address: str | None = None,
) -> RunResult:
    """Take a sweep up again, after any death or to give it more trials.

    ``address``: the Ray cluster that it goes on with, None for where it ran before.

    Raises:
        InputError: the folder is no sweep's, another process drives it, or the skill changed.
    """
    refuse_client(address)
    plan = resume_plan(
        local_folder(folder), add_trials=add_trials, allow_changed=allow_changed, address=address
    )
    with sigterm_interrupts(), BackgroundRay() as ahead:
        if not nothing_left_note(plan):
            begin_ray(ahead, plan)
        return execute(plan, ahead=ahead)


def read_options(options: Mapping[str, Any]) -> RunRequest:
    """Return the request of keyword options.

    Raises:
        InputError: an option is unknown, or its value is of no use.
    """
    known = [field.name for field in fields(RunRequest) if field.name != "configured"]
    unknown = [_unknown(name, known) for name in options if name not in known]
    if unknown:
        raise InputError("; ".join(unknown))
    given = {name: value for name, value in options.items() if value is not None}
    return RunRequest(**{name: _read(name, value) for name, value in given.items()})


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known)
    return f"unknown option {name!r}; " + (
        f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(known)}"
    )


def _read(name: str, value: Any) -> Any:
    reader = _READERS.get(name)
    try:
        return reader(value) if reader else value
    except TypeError as error:
        raise InputError(f"option {name} cannot be {value!r}: {error}") from error


def _names(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


def _mapping(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError("it must be a mapping of names to values")
    return value


def _place(value: str | PathLike[str]) -> str:
    return fspath(value)


_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "skill_dir": Path,
    "spec_file": Path,
    "output": Path,
    "cache_dir": Path,
    "parent": Path,
    "data": _place,
    "storage": _place,
    "time_budget_s": parse_duration,
    "trial_timeout_s": parse_duration,
    "stall_timeout_s": parse_duration,
    "search": _names,
    "loggers": _names,
    "overrides": _names,
    "ranges": _mapping,
    "choices": _mapping,
    "weights": _mapping,
    "resources": _mapping,
}
