"""``automl status``: how far a run is, from its folder alone."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from automl.cli.completions import RUN
from automl.cli.views.live import live_lines
from automl.cli.views.status_block import progress_block, resume_command
from automl.cli.views.terminal import LABEL, UNLIMITED, to_text
from automl.constants import PLAN_FILE, TrialState
from automl.errors import InputError
from automl.launch.running.driver_lock import driver_of
from automl.results.progress import RunProgress, run_progress
from automl.results.run import read_run

NARROWEST: Final = 60


@click.command()
@click.argument("folder", metavar="RUN", type=RUN)
@click.option("--watch", is_flag=True, help="Redraw until the run ends or Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(folder: Path, watch: bool, as_json: bool) -> None:
    """Show a run's progress, and whether its process still runs or died.

    \b
    Examples:
      automl status runs/tao-train-reid-20260102-030405
      automl status runs/tao-train-reid-20260102-030405 --watch
    """
    if watch and as_json:
        raise InputError("--watch redraws a terminal and --json prints once: leave one out")
    driver = driver_of(folder)
    if watch and driver:
        _watch(folder)
    elif driver and not (folder / PLAN_FILE).is_file():  # it is written once the workers are there
        state = {"state": "starting", "driver": driver}
        lines = [f"{name:<{LABEL}}{word}" for name, word in state.items()]
        click.echo(json.dumps(state) if as_json else "\n".join(lines))
    else:
        _print(folder, driver, as_json=as_json)


def _print(folder: Path, driver: str | None, *, as_json: bool) -> None:
    progress = run_progress(read_run(folder))
    if as_json:
        click.echo(json.dumps(_as_dict(progress, folder, driver), default=str))
        return
    text = to_text(progress_block(progress, folder, driver, time.time()), _width())
    click.echo("\n".join(line.rstrip() for line in text.splitlines()))


def _watch(folder: Path) -> None:
    """Redraw until no process drives the run any more."""
    with live_lines(folder, sys.stdout):
        while driver_of(folder):
            time.sleep(1)


def _width() -> int:
    if not sys.stdout.isatty():
        return UNLIMITED  # a command to copy is not broken into lines
    return max(NARROWEST, shutil.get_terminal_size((120, 24)).columns)


def _as_dict(progress: RunProgress, folder: Path, driver: str | None) -> dict[str, Any]:
    ending = progress.ending
    return {
        "state": TrialState.RUNNING if driver else ending.state,
        "reason": "" if driver else ending.reason,
        "resume": None if driver else resume_command(progress, folder),
        "states": dict(progress.states_with(driven=driver is not None)),
        "failures": [asdict(each) for each in progress.failures],
        "budget": progress.budget,
        **{who: each.to_dict() for who, each in progress.proposals.items()},
        "data": list(progress.data),
        "metric": progress.objective.metric,
        "best": dict(progress.best) if progress.best else None,
        "champion": progress.decision.to_dict() if progress.decision else None,
        "start_checkpoint": progress.start.to_dict() if progress.start else None,
        "final": progress.final.to_dict() if progress.final else None,
        "curve": list(progress.curve),
        "under_way": {trial.trial: trial.epochs for trial in progress.under_way},
        "used_s": progress.used_s,
        "trials_per_hour": progress.trials_per_hour if driver else None,
        "seconds_left": progress.seconds_left if driver else None,
        "probed_seconds_left": progress.probed_seconds_left if driver else None,
        "driver": driver,
    }
