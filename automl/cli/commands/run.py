"""``automl run``: the options, the launch review, the progress lines and the end.

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

from automl.cli.completions import FOLDERS, RUN, offered
from automl.cli.output_streams import surviving_streams
from automl.cli.remote import KeepsArguments, run_there
from automl.cli.run_options import Duration, read_request
from automl.cli.search_options import as_amounts, search_options
from automl.cli.views.live import live_lines
from automl.cli.views.progress_lines import ProgressLines
from automl.cli.views.terminal import LABEL
from automl.constants import LOGGERS, PLAN_FILE, RunStatus
from automl.errors import InputError
from automl.launch.plan import Plan, make_plan
from automl.launch.request import DEFAULT_SEED, DEFAULT_TRIALS, RunRequest, option_name
from automl.launch.result import RunResult
from automl.launch.resume import nothing_left_note, resume_plan
from automl.launch.running.prewarm import begin_ray
from automl.launch.running.remote_run import fetched_run
from automl.launch.running.signals import sigterm_interrupts
from automl.results.progress import run_progress
from automl.results.run_folders import TRAIN
from automl.search.algorithm import ALGORITHMS
from automl.search.scheduler import SCHEDULERS
from automl.sweep.cluster.address import is_client
from automl.sweep.cluster.background import BackgroundRay
from automl.sweep.retention import KEEP
from automl.trial.mode import TrialMode

if TYPE_CHECKING:
    from automl.launch.review import Review


_EXIT_CODES: Final[Mapping[str, int]] = {
    RunStatus.DONE: 0,
    RunStatus.FAILED: 1,
    RunStatus.INTERRUPTED: 130,
}


_PATH: Final = click.Path(path_type=Path)


_TIME: Final = Duration()


@click.command(cls=KeepsArguments)
@click.option("--skill-dir", type=_PATH, help="Skill directory [default: the packaged ReID skill].")
@click.option("--action", help="Action of the skill [default: train].")
@click.option(
    "--data", metavar="ROOT", type=FOLDERS, help="Folder or URL that holds the declared data files."
)
@click.option("--spec", "spec_file", type=_PATH, help="Spec file, over the packaged template.")
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a spec key: dotted path, shorthand or unique suffix. Repeatable.",
)
@click.option(
    "--policy",
    shell_complete=offered("auto", "on", "off"),
    help="auto, on or off [default: auto].",
)
@click.option("--request", metavar="TEXT", help='The policy in words, as in "plain training".')
@click.option(
    "--algorithm",
    shell_complete=offered("auto", *ALGORITHMS),
    help="auto, gp, tpe, bohb, cmaes, qmc, random, pbt or grid [default: auto].",
)
@click.option(
    "--scheduler",
    shell_complete=offered(*SCHEDULERS),
    help="Stop poor trials early: none, asha, hyperband or median [default: none,"
    " hyperband for bohb].",
)
@click.option(
    "--enqueue",
    multiple=True,
    metavar="FILE|RUN",
    type=click.Path(),
    help="Try these first: a YAML or JSON list of points, or another run's best. Repeatable.",
)
@click.option(
    "--prior",
    multiple=True,
    metavar="RUN",
    type=FOLDERS,
    help="Let the finished trials of another run feed the sampler. Repeatable.",
)
@click.option(
    "--allow-repeats",
    is_flag=True,
    default=None,
    help="Let a configuration be tried again [default: each once].",
)
@click.option("--stop", metavar="GOAL", help="Start no trial once one reached METRIC>=NUMBER.")
@click.option("--patience", type=int, help="Start no trial after so many without improvement.")
@click.option(
    "--logger",
    "loggers",
    multiple=True,
    metavar="NAME",
    shell_complete=offered(*LOGGERS),
    help="Log the trials to tensorboard, wandb or mlflow as well. Repeatable.",
)
@click.option(
    "--confirm", type=int, metavar="K", help="At the end, train the K best again with fresh seeds."
)
@click.option("--repeats", type=int, help="With --confirm: trainings of each [default: 3].")
@click.option("--trials", type=int, help=f"Trials to run [default: {DEFAULT_TRIALS}].")
@click.option(
    "--time-budget", "time_budget_s", type=_TIME, metavar="T", help="Stop after 90s, 45m, 8h or 2d."
)
@click.option(
    "--retries",
    type=int,
    help="Go on so often after a fault that may pass: a lost worker, storage [default: 1].",
)
@click.option(
    "--oom-retries",
    type=int,
    help="Run again so often after out of memory, a batch in twice the parts [default: 1 where"
    " the skill can].",
)
@click.option(
    "--trial-timeout", "trial_timeout_s", type=_TIME, metavar="T", help="A trial fails after T."
)
@click.option(
    "--stall-timeout",
    "stall_timeout_s",
    type=_TIME,
    metavar="T",
    help="A trial silent for T fails.",
)
@click.option(
    "--keep-checkpoints",
    shell_complete=offered(*KEEP),
    help="Whose: best, all or none [default: best].",
)
@click.option("--keep-best", type=int, help="How many trials keep checkpoints [default: 1].")
@click.option(
    "--metric-pattern",
    metavar="REGEX",
    help="Finds the metric in a child's log: one group, perhaps one more named epoch.",
)
@click.option(
    "--probe/--no-probe",
    default=None,
    help="Measure time and memory at the corners of the space first [default: on accelerators].",
)
@click.option("--isolate", is_flag=True, default=None, help="Run each trial as a child process.")
@click.option("--venv", help="Virtual environment of scripts and commands [default: this one].")
@click.option("--max-concurrent", type=int, help="Trials side by side at most.")
@click.option("--cpus-per-trial", type=float, help="CPUs of one trial.")
@click.option("--gpus-per-trial", type=float, help="GPUs of one trial.")
@click.option(
    "--resource",
    "resources",
    multiple=True,
    callback=as_amounts,
    metavar="NAME=AMOUNT",
    help="A further resource of the nodes that each trial takes. Repeatable.",
)
@search_options
@click.option(
    "--metric",
    multiple=True,
    metavar="NAME[:max|min]",
    help="Reported value to optimise, or train_time_s [default: the skill's]. Repeatable.",
)
@click.option(
    "--mode",
    shell_complete=offered("max", "min"),
    help="max or min [default: the skill's, or by the metric's name].",
)
@click.option("--seed", type=int, help=f"Seed of the sweep [default: {DEFAULT_SEED}].")
@click.option(
    "--address",
    help="Ray cluster to join: auto, HOST:PORT, or ray://HOST, which runs the command on its head"
    " [default: this machine alone].",
)
@click.option(
    "--storage",
    metavar="URL|PATH",
    help="Where runs live if nodes share no disk: s3://..., a path.",
)
@click.option(
    "--parent", type=RUN, metavar="RUN", help="Run whose best checkpoint the action starts from."
)
@click.option("--output", type=_PATH, help="The run's folder [default: a new one below runs/].")
@click.option(
    "--cache-dir",
    type=_PATH,
    help="Where staged data and what trials share are kept [default: $AUTOML_CACHE_DIR].",
)
@click.option("--config", type=_PATH, help="YAML file with these options; the command line wins.")
@click.option(
    "--resume", "resume_dir", metavar="DIR|URL", type=FOLDERS, help="Take this sweep up again."
)
@click.option("--add-trials", type=int, default=0, help="With --resume: so many trials more.")
@click.option("--allow-changed", is_flag=True, help="With --resume: though the skill changed.")
@click.option("--plan", "plan_only", is_flag=True, help="Show the launch review and stop.")
@click.option("--yes", is_flag=True, help="Start without asking.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, progress aside.")
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
    context.with_resource(surviving_streams(told=not plan_only))
    context.with_resource(sigterm_interrupts())
    ask = _on_terminal() and not (yes or as_json or plan_only)
    address = options["address"] or _configured_address(options, config)
    if is_client(address):
        return run_there(address, ask=ask)
    stream = sys.stderr if as_json else sys.stdout
    ahead = context.with_resource(BackgroundRay())
    begin = None if ask or plan_only else partial(begin_ray, ahead)
    with redirect_stdout(stream):  # a skill's preflight may print
        if resume_dir is None:
            _refuse_without_resume(add_trials=add_trials, allow_changed=allow_changed)
            plan = make_plan(_request(options, config), begin)
            review = _review(plan)
        else:
            _refuse_others(options, config)
            taken_up = partial(resume_plan, add_trials=add_trials, allow_changed=allow_changed)
            with fetched_run(resume_dir, keep=not plan_only) as folder:
                plan = taken_up(folder, address=options["address"])
                if begin is not None and not nothing_left_note(plan):
                    begin(plan)
                review = _review(plan)
    _show(plan, review, as_json=as_json, plan_only=plan_only)
    if plan_only:
        return 0
    if plan.space is not None and ask:
        click.confirm("Start?", default=True, abort=True)
    over = nothing_left_note(plan) if resume_dir else ""
    result = _carry_out(plan, stream, ahead)
    _tell(result, as_json=as_json)
    _advise(result, over, stream)
    return _EXIT_CODES[result.status]


def _on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _review(plan: Plan) -> Review:
    from automl.launch.review import make_review

    return make_review(plan)


def _show(plan: Plan, review: Review, *, as_json: bool, plan_only: bool) -> None:
    """Print the launch review; as JSON it is a document of its own, so only where it is all."""
    from automl.cli.views.plan_and_result import render_plan

    if not as_json:
        click.echo(render_plan(plan, review))
    elif plan_only:
        click.echo(json.dumps({**plan.to_dict(), "review": review.to_dict()}, default=str))


def _carry_out(plan: Plan, stream: TextIO, ahead: BackgroundRay) -> RunResult:
    """Run the plan; progress goes to ``stream``, as a live view where that is a terminal."""
    from automl.launch.execute import execute

    before = run_progress(plan.output) if (plan.output / PLAN_FILE).exists() else None
    listener = ProgressLines(
        plan.objective,
        plan.trials,
        epochs=plan.space is None and plan.mode.mode == TrialMode.CHILD and plan.action == TRAIN,
        ended=before.over if before else 0,
        best=before.best[plan.objective.metric] if before and before.best else None,
    )
    live = plan.space is not None and stream.isatty()
    with redirect_stdout(stream), live_lines(plan.output, stream) if live else nullcontext():
        return execute(plan, listener, ahead)


def _tell(result: RunResult, *, as_json: bool) -> None:
    from automl.cli.views.plan_and_result import render_result

    click.echo(json.dumps(_summary(result), default=str) if as_json else render_result(result))


def _advise(result: RunResult, over: str, stream: TextIO) -> None:
    """Say why the run failed, or that there was nothing left to do and what to do for more."""
    if result.status == RunStatus.FAILED:
        click.echo(f"automl: the run failed: {result.message}", err=True)
    elif over:
        click.echo(f"{'next':<{LABEL}}{over}", file=stream)


def _request(options: Mapping[str, Any], config: Path | None) -> RunRequest:
    command = click.get_current_context().command
    configurable = [p for p in command.params if p.name in options]
    return read_request(options, config, configurable)


def _configured_address(options: Mapping[str, Any], config: Path | None) -> str | None:
    return _request(options, config).address if config else None


def _refuse_others(options: Mapping[str, Any], config: Path | None) -> None:
    """A resumed run keeps its plan, but for where it runs: other options are refused."""
    given = [name for name, value in options.items() if value not in (None, (), {})]
    given = [name for name in given if name != "address"]
    given += ["config"] if config else []
    if given:
        names = ", ".join(option_name(name) for name in given)
        raise InputError(f"--resume keeps the run's plan: leave out {names}")


def _refuse_without_resume(**given: int | bool) -> None:
    names = ", ".join(option_name(name) for name, value in given.items() if value)
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
