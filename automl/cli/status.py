"""``automl status``: how far a run is, from its folder alone."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from automl.cli.progress import format_value
from automl.constants import COL_TRIAL, PARAM_PREFIX
from automl.launch.lock import driver_of
from automl.results.progress import RunProgress, run_progress


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def status(folder: Path, as_json: bool) -> None:
    """Show how far a run is, whether it still runs or died.

    \b
    Examples:
      automl status runs/tao-train-reid-20260102-030405
    """
    progress = run_progress(folder)
    driver = driver_of(folder)
    if as_json:
        click.echo(json.dumps(_as_dict(progress, driver), default=str))
        return
    for line in _lines(folder, progress, driver):
        click.echo(line)


def _lines(folder: Path, progress: RunProgress, driver: str | None) -> list[str]:
    done = sum(count for state, count in progress.states.items() if state != "running")
    total = f" of {progress.budget}" if progress.budget else ""
    counts = ", ".join(f"{count} {state}" for state, count in sorted(progress.states.items()))
    lines = [f"trials     {done}{total} ended ({counts or 'none started'})"]
    lines += [f"under way  trial {trial}, {epochs} epochs" for trial, epochs in progress.under_way]
    if progress.best is not None:
        lines.append(_best_line(progress, progress.best))
    if progress.last is not None:
        lines.append(f"last word  {time.time() - progress.last:.0f} s ago")
    if driver:
        lines.append(f"driver     {driver}")
    elif progress.goes_on:
        lines.append(f"driver     none: go on with  automl run --resume {folder}")
    return lines


def _best_line(progress: RunProgress, best: Any) -> str:
    metric = progress.objective.metric
    params = "  ".join(
        f"{name.removeprefix(PARAM_PREFIX)}={format_value(value)}"
        for name, value in best.items()
        if name.startswith(PARAM_PREFIX)
    )
    line = f"best       trial {best[COL_TRIAL]}  {metric} {best[metric]:.4f}"
    baseline = (progress.baseline or {}).get(metric)
    if baseline is not None:
        line += f"  (defaults: {baseline:.4f})"
    return f"{line}\n           {params}" if params else line


def _as_dict(progress: RunProgress, driver: str | None) -> dict[str, Any]:
    return {
        "states": dict(progress.states),
        "budget": progress.budget,
        "metric": progress.objective.metric,
        "best": dict(progress.best) if progress.best else None,
        "under_way": dict(progress.under_way),
        "driver": driver,
    }
