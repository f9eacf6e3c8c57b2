"""Checks the command that measures trials (``--eval-command``) before anything runs."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Final

from automl.constants import MEASURED_PREFIX
from automl.errors import InputError
from automl.launch.options import AUTO
from automl.launch.request import RunRequest
from automl.search.population.schedule import PBT
from automl.trial.child.program import find_program
from automl.trial.measure import evaluation_argv

_FLAG: Final = "--eval-command"
_CURVES: Final = (PBT, "bohb")


def check_evaluation(request: RunRequest, known: Collection[str]) -> None:
    """Refuse a command that cannot measure trials, and a metric that needs one and has none.

    Args:
        request: what the user asks for.
        known: the metrics that the skill names.

    Raises:
        InputError: that, with what to do.
    """
    measured = [name for name in _metrics(request) if name.startswith(MEASURED_PREFIX)]
    if request.objective is not None:
        if measured != _metrics(request):
            raise InputError(
                "--objective decides what is optimised: beside it, --metric names further values of"
                f" the same action, as {MEASURED_PREFIX}NAME:max or {MEASURED_PREFIX}NAME:min"
            )
        return
    if request.eval_command is None:
        _refuse_unmeasured(name for name in measured if name.partition(":")[0] not in known)
        return
    if not measured or measured != _metrics(request):
        raise InputError(
            f"{_FLAG} decides what is optimised: name what it prints by --metric"
            f" {MEASURED_PREFIX}NAME:max or {MEASURED_PREFIX}NAME:min, and no metric of the"
            " trainer beside it"
        )
    if needs := needs_curves(request):
        raise InputError(f"{_FLAG} measures trials that are trained, and {needs} needs curves")
    _check_program(request, request.eval_command)


def _refuse_unmeasured(names: Iterable[str]) -> None:
    for name in names:
        raise InputError(
            f"--metric {name} is what a command of yours prints: give the command with {_FLAG}"
            " (or --objective evaluate, which runs the skill's own action)"
        )


def needs_curves(request: RunRequest) -> str:
    """Return the option of a request that compares trials by their curves; empty without one."""
    if request.algorithm in _CURVES:
        return f"--algorithm {request.algorithm}"
    acts = request.scheduler not in (None, AUTO, "none")
    return f"--scheduler {request.scheduler}" if acts else ""


def _metrics(request: RunRequest) -> Sequence[str]:
    given = request.metric
    return [given] if isinstance(given, str) else list(given)


def _check_program(request: RunRequest, command: str) -> None:
    try:
        argv = evaluation_argv(command, Path())
    except ValueError as error:
        raise InputError(f"{_FLAG} {command!r}: {error}") from error
    if len(argv) < 2:
        raise InputError(f"{_FLAG} is empty: name a program")
    venv = Path(os.path.expanduser(request.venv)) if request.venv else None
    if request.address is None and find_program(argv[0], venv) is None:
        raise InputError(
            f"{_FLAG}: {argv[0]!r} is no program that can be run: install it, or give its path"
        )
