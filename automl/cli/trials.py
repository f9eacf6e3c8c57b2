"""``automl trials``: the trials of one or several runs as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click

from automl.cli.render import table_text
from automl.errors import InputError
from automl.results.tables import load_trials, objective_of, read_plan, run_folders
from automl.trial.objective import Objective


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json"]),
    default="table",
    show_default=True,
    help="How to print the rows.",
)
def trials(runs: tuple[str, ...], form: str) -> None:
    """Show the trials of one or several runs, best first.

    \b
    Examples:
      automl trials runs/tao-train-reid-20260102-030405
      automl trials runs/* --format csv
    """
    objectives = {folder: objective_of(read_plan(folder)) for folder in run_folders(runs)}
    frame = load_trials(runs)
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(frame.to_json(orient="records", date_format="iso"))
    else:
        click.echo(table_text(frame, _one_objective(objectives)))


def _one_objective(objectives: Mapping[Path, Objective]) -> Objective:
    """What the trials of a table are ranked by; runs that optimise different things have no one."""
    first, *others = set(objectives.values())
    if others:
        listed = [f"{folder}: {o.direction} {o.metric}" for folder, o in objectives.items()]
        raise InputError(
            "these runs optimise different things, so no one table ranks their trials: show them"
            " apart, or with --format csv or json",
            listed,
        )
    return first
