"""``automl prior``: what sweeps know, as a small file that can be shipped beside a skill."""

from __future__ import annotations

import json
from pathlib import Path

import click

from automl.cli.completions import FOLDERS
from automl.launch.planning.priors.exchange import export_runs, import_file
from automl.launch.planning.priors.knowledge import Knowledge
from automl.skill import load_skill, packaged_skill_dir


@click.group()
def prior() -> None:
    """Export finished sweeps to a small file for warm starts, or put such a file beside a skill."""


@prior.command("export")
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option(
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def export(runs: tuple[str, ...], output: Path, as_json: bool) -> None:
    """Write the finished trials of sweeps into a file: parameters and values, no paths or texts.

    \b
    Examples:
      automl prior export runs/first runs/second --output prior.json
      automl run --data OTHER --prior prior.json
    """
    _say(export_runs([Path(run) for run in runs], output), output, as_json=as_json)


@prior.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--skill-dir",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Skill directory [default: the packaged ReID skill].",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def import_(file: Path, skill_dir: Path | None, as_json: bool) -> None:
    """Put a file of `automl prior export` beside a skill, for `automl run --prior skill`.

    Sweeps of the same name replace those in the skill's file.

    \b
    Examples:
      automl prior import prior.json --skill-dir my-skill
      automl run --skill-dir my-skill --prior skill
    """
    found, place = import_file(file, load_skill(skill_dir or packaged_skill_dir()))
    _say(found, place, as_json=as_json)


def _say(knowledge: Knowledge, place: Path, *, as_json: bool) -> None:
    trials = {sweep.name: len(sweep.trials) for sweep in knowledge.sweeps}
    if as_json:
        click.echo(json.dumps({"file": str(place), "metric": knowledge.metric, "sweeps": trials}))
        return
    click.echo(f"{'metric':<11}{knowledge.metric}, {knowledge.direction}d")
    for number, (name, count) in enumerate(trials.items()):
        click.echo(f"{'' if number else 'sweeps':<11}{name}: {count} trials")
    click.echo(f"{'file':<11}{place}")
