"""``automl run``: shows the launch review, the progress and the result of a run.

What needs pandas or Optuna is imported where it is used: they load while Ray starts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextlib import nullcontext, redirect_stdout
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from automl.cli.completions import FOLDERS
from automl.cli.config_file import read_request
from automl.cli.output_streams import surviving_streams
from automl.cli.remote import KeepsArguments, run_on_head
from automl.cli.request_options import request_options
from automl.cli.views.live import live_lines
from automl.cli.views.progress_lines import ProgressLines
from automl.cli.views.terminal import LABEL
from automl.constants import RunStatus
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.plan_codec import plan_to_dict
from automl.launch.request import OPTIONS
from automl.launch.result import RunResult
from automl.launch.resume import nothing_left_note, resume_plan
from automl.launch.running.prewarm import begin_ray
from automl.launch.running.remote_run import fetched_run
from automl.launch.running.signals import sigterm_interrupts
from automl.results.progress import run_progress
from automl.results.run import Run, read_run
from automl.results.run_folders import TRAIN
from automl.sweep.cluster.address import is_client
from automl.sweep.cluster.background import BackgroundRay
from automl.trial.mode import TrialMode

if TYPE_CHECKING:
    from automl.launch.review import Review


_EXIT_CODES: Final[Mapping[str, int]] = {
    RunStatus.DONE: 0,
    RunStatus.FAILED: 1,
    RunStatus.INTERRUPTED: 130,
}
_PATH: Final = click.Path(path_type=Path)


@click.command(cls=KeepsArguments)
@request_options()
@click.option("--config", type=_PATH, help="YAML file with these options; the command line wins.")
@click.option(
    "--resume", "resume_dir", metavar="DIR|URL", type=FOLDERS, help="Go on with this run."
)
@click.option("--add-trials", type=int, default=0, help="With --resume: how many trials more.")
@click.option("--allow-changed", is_flag=True, help="With --resume: even if the skill changed.")
@click.option("--plan", "plan_only", is_flag=True, help="Show the launch review and stop.")
@click.option("--yes", is_flag=True, help="Start without asking.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document; progress goes to stderr."
)
def run(
    config: Path | None,
    resume_dir: str | None,
    add_trials: int,
    allow_changed: bool,
    plan_only: bool,
    yes: bool,
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
    context.with_resource(sigterm_interrupts())
    ask = _on_terminal() and not (yes or as_json or plan_only)
    address = options["address"] or _configured_address(options, config)
    if is_client(address):
        return run_on_head(address, ask=ask)
    stream = sys.stderr if as_json else sys.stdout
    background = context.with_resource(BackgroundRay())
    begin = None if ask or plan_only else partial(begin_ray, background)
    resumed, over = None, ""
    with redirect_stdout(stream):  # a skill's preflight may print
        if resume_dir is None:
            _refuse_without_resume(add_trials=add_trials, allow_changed=allow_changed)
            plan = make_plan(read_request(options, config), begin)
            review = _review(plan)
        else:
            _refuse_others(options, config)
            with fetched_run(resume_dir, keep=not plan_only) as folder:
                resumed = read_run(folder.absolute())
                plan = resume_plan(
                    resumed,
                    add_trials=add_trials,
                    allow_changed=allow_changed,
                    address=options["address"],
                )
                over = nothing_left_note(plan, resumed)
                if begin is not None and not over:
                    begin(plan)
                review = _review(plan)
    _print_plan(plan, review, as_json=as_json, plan_only=plan_only)
    if plan_only:
        return 0
    if plan.space is not None and ask:
        click.confirm("Start?", default=True, abort=True)
    result = _execute(plan, resumed, stream, background)
    _print_result(result, as_json=as_json)
    _print_next_step(result, over, stream)
    return _EXIT_CODES[result.status]


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _review(plan: Plan) -> Review:
    from automl.launch.review import make_review

    return make_review(plan)


def _print_plan(plan: Plan, review: Review, *, as_json: bool, plan_only: bool) -> None:
    """Print the launch review; as JSON only with ``--plan``, since the run prints one document."""
    from automl.cli.views.plan_review import render_plan

    if not as_json:
        click.echo(render_plan(plan, review))
    elif plan_only:
        click.echo(json.dumps({**plan_to_dict(plan), "review": review.to_dict()}, default=str))


def _execute(
    plan: Plan, resumed: Run | None, stream: TextIO, background: BackgroundRay
) -> RunResult:
    """Run the plan and show its progress on ``stream``, in a live view where it is a terminal."""
    from automl.launch.execute import execute

    before = run_progress(resumed) if resumed else None
    listener = ProgressLines(
        plan.objective,
        plan.trials,
        epochs=plan.space is None and plan.mode.mode == TrialMode.CHILD and plan.action == TRAIN,
        ended=before.over if before else 0,
        best=before.best[plan.objective.metric] if before and before.best else None,
    )
    live = plan.space is not None and stream.isatty()
    with redirect_stdout(stream), live_lines(plan.output, stream) if live else nullcontext():
        return execute(plan, listener, background)


def _print_result(result: RunResult, *, as_json: bool) -> None:
    from automl.cli.views.result import render_result

    click.echo(json.dumps(_summary(result), default=str) if as_json else render_result(result))


def _print_next_step(result: RunResult, over: str, stream: TextIO) -> None:
    """Print why the run failed, or what to do where it had nothing left to do."""
    if result.status == RunStatus.FAILED:
        click.echo(f"automl: the run failed: {result.message}", err=True)
    elif over:
        click.echo(f"{'next':<{LABEL}}{over}", file=stream)


def _configured_address(options: Mapping[str, Any], config: Path | None) -> str | None:
    return read_request(options, config).address if config else None


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


def _summary(result: RunResult) -> dict[str, Any]:
    return {
        "folder": str(result.folder),
        "status": result.status,
        "message": result.message,
        "early": result.early,
        "metric": result.objective.metric,
        "best": dict(result.best) if result.best else None,
        "confirmation": [line.to_dict() for line in result.confirmation],
        "evaluation": asdict(result.evaluation) if result.evaluation else None,
        "report": result.report,
        "outputs": [str(path) for path in result.outputs],
    }
