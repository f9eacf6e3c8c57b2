"""``automl run`` and ``automl run --resume`` as functions."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from automl.errors import InputError
from automl.home import check_current_folder, mend_environment
from automl.interrupts import answered
from automl.launch.execute import execute
from automl.launch.known_places import refuse_unknown, unknown_places
from automl.launch.plan import make_plan
from automl.launch.request import OPTIONS, RunRequest
from automl.launch.result import RunResult
from automl.launch.resume import over_note, resume_plan
from automl.launch.running.nothing_left import finished_result, nothing_left_note
from automl.launch.running.one_run import only_run_here
from automl.launch.running.prewarm import begin_ray
from automl.launch.running.remote_run import local_folder
from automl.results.run import read_run
from automl.sweep.cluster.address import refuse_client
from automl.sweep.cluster.background import BackgroundRay

Options = ParamSpec("Options")
Result = TypeVar("Result")


def _takes(
    request: Callable[Options, RunRequest],
) -> Callable[[Callable[..., Result]], Callable[Options, Result]]:
    """Give a function the keywords of a request, with their types, defaults and help texts."""

    def decorate(function: Callable[..., Result]) -> Callable[Options, Result]:
        lines = [f"    {o.name}: {o.help.removesuffix(' Repeatable.')}" for o in OPTIONS.values()]
        signature = inspect.signature(request, eval_str=True)
        signature = signature.replace(return_annotation=RunResult)
        function.__signature__ = signature  # type: ignore[attr-defined]
        function.__doc__ = "\n".join([inspect.getdoc(function) or "", "", "Options:", *lines])
        return function

    return decorate


@_takes(RunRequest)
def run(**options: Any) -> RunResult:
    """Run a sweep, or one direct training where the policy or the skill says so.

    The options are those of ``automl run``, for example ``data="crops"``, ``trials=20`` or
    ``overrides={"num_epochs": 5}``. A path may be text, a time may be ``"45m"``, and one name may
    stand for a list of one.

    A process carries out one run at a time, in any of its threads. On the main thread, Ctrl-C,
    SIGTERM and SIGHUP end it as they end ``automl run``.

    Returns:
        The run's folder, status, champion and tables.

    Raises:
        InputError: something about the request is wrong, or this process is in a run already;
            nothing was written.
    """
    check_current_folder()
    mend_environment()
    request = read_options(options)
    refuse_client(request.address)
    with only_run_here(), answered(), BackgroundRay() as background:
        plan = make_plan(request, partial(begin_ray, background), make_folder=True)
        return execute(plan, background=background, is_new=True)


def resume(
    folder: str | Path,
    *,
    add_trials: int = 0,
    allow_changed: bool = False,
    address: str | None = None,
    yes: bool = False,
) -> RunResult:
    """Resume a run that was interrupted or died, or give a finished sweep more trials.

    Args:
        folder: the run's folder.
        add_trials: how many trials more it may run.
        allow_changed: whether it goes on even if the skill has changed.
        address: the Ray cluster that it goes on with; None for where it ran before.
        yes: whether it goes on even if its plan names places where this user has run nothing yet.

    A run that is over is returned as it is.

    Raises:
        InputError: the folder is no run's, another process drives it, the skill changed, its plan
            names places that are not this user's own, or this process is in a run already.
    """
    check_current_folder()
    mend_environment()
    refuse_client(address)
    run = read_run(local_folder(folder).absolute())
    if over_note(run, add_trials, address):
        return finished_result(run)
    unknown = [] if yes else unknown_places(run.plan, address)
    if unknown:
        refuse_unknown(run.folder, unknown, "yes=True")
    with only_run_here(), answered(), BackgroundRay() as background:
        plan = resume_plan(run, add_trials=add_trials, allow_changed=allow_changed, address=address)
        if not nothing_left_note(run.with_trials(plan.trials)):
            begin_ray(background, plan)
        return execute(plan, background=background)


def read_options(options: Mapping[str, Any]) -> RunRequest:
    """Return the request of keyword options.

    Raises:
        InputError: an option is unknown, or its value cannot be used.
    """
    unknown = [_unknown(name) for name in options if name not in OPTIONS]
    if unknown:
        raise InputError("; ".join(unknown))
    return RunRequest(**options)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, OPTIONS)
    return f"unknown option {name!r}; " + (
        f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(OPTIONS)}"
    )
