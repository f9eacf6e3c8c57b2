"""``automl doctor``: what this machine, environment and skill give, and what is in the way."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from automl.cli.views.terminal import plain_line
from automl.doctor.examine import HERE, examine
from automl.doctor.line import Level, Line


@click.command()
@click.option(
    "--output",
    default=HERE,
    show_default=True,
    metavar="PLACE",
    help="Where runs will be written: a folder or a URL.",
)
@click.option(
    "--skill-dir",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Skill directory to check as well.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def doctor(output: str, skill_dir: Path | None, as_json: bool) -> int:
    """Check what a run needs: libraries, GPUs, cores, memory, disk, HOME, storage.

    Each line is ok, warning or fault, with the remedy. Exits with 1 if there is any fault.

    \b
    Examples:
      automl doctor
      automl doctor --skill-dir skills/train --output s3://bucket/runs --json
    """
    lines = examine(output, skill_dir)
    counts = {level: sum(line.level is level for line in lines) for level in Level}
    if as_json:
        click.echo(json.dumps({"lines": [asdict(line) for line in lines], "counts": counts}))
    else:
        click.echo("\n".join(plain_line(text) for line in lines for text in _texts(line)))
        click.echo(f"{counts[Level.FAULT]} fault(s), {counts[Level.WARNING]} warning(s)")
    return int(counts[Level.FAULT] > 0)


def _texts(line: Line) -> list[str]:
    remedy = [f"{'':<9}{'':<12}-> {line.remedy}"] if line.remedy else []
    return [f"{line.level:<9}{line.name:<12}{line.found}", *remedy]
