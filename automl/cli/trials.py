"""``automl trials``: the trials of one or several runs as a table."""

from __future__ import annotations

import click

from automl.cli.render import table_text
from automl.results.tables import load_trials, objective_of, read_plan, run_folders


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
    objective = objective_of(read_plan(run_folders(runs)[0]))
    frame = load_trials(runs)
    if form == "csv":
        click.echo(frame.to_csv(index=False), nl=False)
    elif form == "json":
        click.echo(frame.to_json(orient="records", date_format="iso"))
    else:
        click.echo(table_text(frame, objective))
