"""``automl propose``: queues a point into a sweep that goes on."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import click

from automl.cli.completions import RUN
from automl.launch.running.guidance.propose import propose as propose_points


@click.command()
@click.argument("folder", metavar="RUN", type=RUN)
@click.option(
    "--point",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="YAML or JSON: a point as a mapping of names to values, or a list of points.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def propose(folder: Path, point: Path, as_json: bool) -> None:
    """Let a sweep try a configuration next; parameters that it leaves out have their defaults.

    RUN is the folder on the driver's machine. A sweep without a driver tries it when resumed.

    \b
    Examples:
      automl propose runs/tao-train-reid-20260102-030405 --point point.yaml
      automl status runs/tao-train-reid-20260102-030405
    """
    found = propose_points(folder, point)
    if as_json:
        rows = [{"file": str(p.file), "point": dict(p.point), "driver": p.driver} for p in found]
        click.echo(json.dumps({"run": str(folder), "queued": rows}, default=str))
        return
    count, place = len(found), shlex.quote(str(folder))
    click.echo(f"queued     {count} point{'s' * (count != 1)}: the next trials that start")
    driver = found[0].driver
    click.echo(f"driver     {driver or f'none: go on with  automl run --resume {place}'}")
    click.echo(f"next       automl status {place}")
