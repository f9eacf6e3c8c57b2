"""``automl run``: shows the launch review, the progress and the result of a run.

What needs pandas or Optuna is imported where it is used: they load while Ray starts.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from automl.cli.accept_places import may_resume
from automl.cli.completions import FOLDERS
from automl.cli.config_file import read_request
from automl.cli.grouped_help import GroupedOption
from automl.cli.named_config import CONFIG, CONFIG_HELP
from automl.cli.output_streams import surviving_streams
from automl.cli.remote import KeepsArguments, run_on_head, wants_start
from automl.cli.request_options import request_options
from automl.cli.run_output import RunOutput, run_output
from automl.cli.verbosity import Verbosity, takes_verbosity
from automl.constants import RunStatus
from automl.errors import InputError
from automl.home import mend_environment
from automl.interrupts import answered, stage
from automl.launch.options import Group
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.run_folder import drop_empty_folder
from automl.launch.request import OPTIONS, RunRequest
from automl.launch.resume import over_note, resume_plan
from automl.launch.running.nothing_left import finished_result, nothing_left_note
from automl.launch.running.prewarm import begin_ray
from automl.launch.running.remote_run import fetched_run
from automl.results.run import Run, read_run
from automl.sweep.cluster.address import is_client
from automl.sweep.cluster.background import BackgroundRay

if TYPE_CHECKING:
    from automl.launch.review import Review


_EXIT_CODES: Final[Mapping[str, int]] = {
    RunStatus.DONE: 0,
    RunStatus.FAILED: 1,
    RunStatus.INTERRUPTED: 130,
}
_option: Final = partial(click.option, cls=GroupedOption)
Begin = Callable[[Plan], None]


@click.command(cls=KeepsArguments)
@request_options()
@_option("--config", group=Group.FIRST, metavar="FILE|NAME", type=CONFIG, help=CONFIG_HELP)
@_option(
    "--plan",
    "plan_only",
    group=Group.FIRST,
    is_flag=True,
    help="Show the plan and stop; --verbose shows all.",
)
@_option(
    "--resume",
    "resume_dir",
    group=Group.FIRST,
    metavar="DIR|URL",
    type=FOLDERS,
    help="Continue this run.",
)
@_option(
    "--add-trials",
    group=Group.BUDGET,
    metavar="N",
    type=int,
    default=0,
    help="With --resume: run N more trials.",
)
@_option(
    "--allow-changed",
    group=Group.WHAT,
    is_flag=True,
    help="With --resume: even if the skill changed.",
)
@_option("-y", "--yes", is_flag=True, help="Start without asking.")
@takes_verbosity(
    quiet="Print warnings, errors and the result; ask nothing.",
    verbose="Print the whole plan, and the log.",
)
@_option("--json", "as_json", is_flag=True, help="Print one JSON document; the rest on stderr.")
def run(
    config: Path | None,
    resume_dir: str | None,
    add_trials: int,
    allow_changed: bool,
    plan_only: bool,
    yes: bool,
    verbosity: Verbosity,
    as_json: bool,
    **options: Any,
) -> int:
    """Run a sweep over a skill's trainer, or one direct training.

    \b
    Examples:
      automl run --data ROOT --trials 20
      automl run --data ROOT --policy off --set num_epochs=60
      automl run --data ROOT --request "plain training please"
      automl run --data ROOT --range base_lr=1e-5:1e-3:log --plan
      automl run --resume runs/tao-train-reid-20260102-030405 --add-trials 10
      automl run --action evaluate --parent runs/tao-train-reid-20260102-030405
    """
    context = click.get_current_context()
    context.with_resource(surviving_streams(warn=not plan_only))
    context.with_resource(answered(ends_process=True))
    mend_environment()
    output = context.with_resource(run_output(verbosity, as_json=as_json))
    _check_together(options, config, resume_dir, add_trials=add_trials, allow_changed=allow_changed)
    request = read_request(options, config)
    ask = _on_terminal() and not (yes or as_json or plan_only or output.quiet)
    if is_client(request.address):
        with stage(""):  # the driver there answers
            return run_on_head(request.address, ask=ask)
    background = context.with_resource(BackgroundRay())
    begin = None if ask or plan_only else partial(begin_ray, background)
    with redirect_stdout(output.stream):  # a skill's preflight may print
        if resume_dir is None:
            planned = _plan_new(request, begin, make_folder=not plan_only)
        else:
            with fetched_run(resume_dir, keep=not plan_only) as folder:
                before = read_run(folder.absolute())
                said = over_note(before, add_trials, request.address)
                if said and not (plan_only and before.is_sweep):
                    return _say_over(before, said, output)
                asks = _on_terminal() and not (as_json or output.quiet)
                if not may_resume(before, request.address, ask=asks, yes=yes):
                    return _EXIT_CODES[RunStatus.INTERRUPTED]
                planned = _plan_again(
                    before, begin,
                    add_trials=add_trials, allow_changed=allow_changed, address=request.address,
                )  # fmt: skip
    output.show_plan(planned.plan, planned.review, alone=plan_only)
    if plan_only:
        return 0
    if planned.plan.space is not None and ask and not wants_start():
        return _EXIT_CODES[RunStatus.INTERRUPTED]
    return _carry_out(planned, output, background)


@dataclass(frozen=True)
class _Planned:
    """What the command is about to do.

    Attributes:
        plan: the plan; review: its launch review.
        resumed: the run that goes on, None for a new one.
        over: what the user can do next when no trial is left to run; empty otherwise.
    """

    plan: Plan
    review: Review
    resumed: Run | None = None
    over: str = ""


def _plan_new(request: RunRequest, begin: Begin | None, *, make_folder: bool) -> _Planned:
    """Plan a new run; the folder is removed at exit if the run never starts."""
    plan = make_plan(request, begin, make_folder=make_folder)
    if request.output is None and make_folder:
        click.get_current_context().call_on_close(partial(drop_empty_folder, plan.output))
    return _Planned(plan, _review(plan))


def _plan_again(before: Run, begin: Begin | None, **changes: Any) -> _Planned:
    """Plan a run that goes on, with ``changes``; Ray begins to start where a trial is left."""
    plan = resume_plan(before, **changes)
    over = nothing_left_note(before.with_trials(plan.trials))
    if begin is not None and not over:
        begin(plan)
    return _Planned(plan, _review(plan), before, over)


def _say_over(run: Run, words: str, output: RunOutput) -> int:
    """Print that a run is over, and return the exit code of its end."""
    result = finished_result(run)
    output.show_over(result, words)
    return _EXIT_CODES[result.status]


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _review(plan: Plan) -> Review:
    from automl.launch.review import make_review

    return make_review(plan)


def _carry_out(planned: _Planned, output: RunOutput, background: BackgroundRay) -> int:
    """Run the plan, show its progress, in a live view on a terminal, and its result."""
    from automl.launch.execute import execute

    plan, is_new = planned.plan, planned.resumed is None
    tell = partial(output.show_result, over=planned.over)
    with redirect_stdout(output.stream), output.live_view(plan):
        listener = output.listener(plan, planned.resumed)
        result = execute(plan, listener, background, is_new=is_new, when_stuck=tell)
    output.show_result(result, planned.over)
    return _EXIT_CODES[result.status]


def _check_together(
    options: Mapping[str, Any], config: Path | None, resume_dir: str | None, **acts_on: int | bool
) -> None:
    """Refuse options that mean nothing with, or without, ``--resume``."""
    if resume_dir is None:
        _refuse_without_resume(**acts_on)
    else:
        _refuse_others(options, config)


def _refuse_others(options: Mapping[str, Any], config: Path | None) -> None:
    """Refuse options beside ``--resume``: the run keeps its plan, and only its address changes."""
    given = [OPTIONS[name].flag for name, value in options.items() if value not in (None, (), {})]
    given = [flag for flag in given if flag != "--address"] + (["--config"] if config else [])
    if given:
        raise InputError(f"--resume keeps the run's plan: leave out {', '.join(given)}")


def _refuse_without_resume(**given: int | bool) -> None:
    names = ", ".join(f"--{name.replace('_', '-')}" for name, value in given.items() if value)
    if names:
        raise InputError(f"{names} acts on a run that goes on: say which with --resume DIR")
