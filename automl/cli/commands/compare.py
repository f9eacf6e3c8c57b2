"""``automl compare``: what several runs found and cost, side by side."""

from __future__ import annotations

import json

import click
import pandas as pd

from automl.cli.completions import FOLDERS
from automl.cli.json_option import format_of, json_option
from automl.cli.views.tables import (
    fitted_text,
    frame_markdown,
    frame_text,
    read_named_runs,
)
from automl.results.compare import comparison, pair_comparison
from automl.results.table.column_names import find_columns
from automl.results.tables import records

_LEFT_OUT = ("seed", "metric", "gain_low", "gain_high", "reach", "start")


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--reach", type=float, help="Metric value: show the hours until each run reached it.")
@click.option(
    "--columns",
    multiple=True,
    metavar="COL[,COL]",
    help="Show these columns; all shows every one. Repeatable.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "markdown"]),
    default="table",
    show_default=True,
    help="Output format; csv omits the comparison pair by pair.",
)
@json_option
def compare(
    runs: tuple[str, ...],
    reach: float | None,
    columns: tuple[str, ...],
    form: str | None,
    as_json: bool,
) -> None:
    """Show several runs side by side: best, median, cost, and hours until a value was reached.

    Runs that tried the same configurations, or settings that ran with the same seeds, are compared
    pair by pair as well. Without --reach the value is the best one that every run reached.

    \b
    Examples:
      automl compare runs/tpe runs/random
      automl compare runs/* --reach 0.6
    """
    form = format_of(form, as_json=as_json)
    named = read_named_runs(runs)
    frame, pairs = comparison(named, reach), pair_comparison(named)
    chosen = find_columns(",".join(columns), list(frame.columns)) if columns else None
    if form == "csv":
        click.echo((frame if chosen is None else frame[chosen]).to_csv(index=False), nl=False)
    elif form == "json":
        rows = records(frame if chosen is None else frame[chosen])
        click.echo(json.dumps({"runs": rows, "pairs": records(pairs)}))
    else:
        write = frame_markdown if form == "markdown" else frame_text
        click.echo(write(frame[chosen]) if chosen else _main(frame, form))
        click.echo(_remark(frame))
        if len(pairs):
            click.echo(f"\n{write(pairs)}")


def _main(frame: pd.DataFrame, form: str | None) -> str:
    """Return the columns that people compare by; on a terminal those that fit."""
    shown = frame.drop(columns=list(_LEFT_OUT))
    return frame_markdown(shown) if form == "markdown" else fitted_text(shown, list(shown.columns))


def _remark(frame: pd.DataFrame) -> str:
    metric, reach = frame["metric"].iloc[0], frame["reach"].iloc[0]
    if pd.isna(reach):
        return f"\nno run reached a value of {metric}"
    return f"\nhours to reach {metric} {reach:g}"
