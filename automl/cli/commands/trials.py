"""``automl trials``: the trials, or epochs, of one or several runs as a table."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

import click
import pandas as pd

from automl.cli.completions import FOLDERS
from automl.cli.views.tables import (
    frame_markdown,
    frame_text,
    main_columns,
    ranked,
    read_named_runs,
)
from automl.cli.views.terminal import UNLIMITED, screen_width
from automl.errors import InputError
from automl.results.column_names import find_columns, find_order
from automl.results.pareto import pareto_trials
from automl.results.row_filter import select_rows
from automl.results.run import Run
from automl.results.tables import epoch_table, json_text, trial_table
from automl.trial.objective import Objective

_FORMATS: Final = ("table", "csv", "parquet", "json", "markdown")
_PEOPLE: Final = ("table", "markdown")  # formats that leave columns out unless they are asked for
_SUFFIXES: Final = {".csv": "csv", ".parquet": "parquet", ".json": "json", ".md": "markdown"}


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option("--sort", metavar="COL[,-COL]", help="Sort by columns; a minus means falling.")
@click.option("--where", metavar="CONDITION", help="Keep the rows for which this is true.")
@click.option("--columns", metavar="COL[,COL]", help="Show these columns, in this order.")
@click.option("--epochs", is_flag=True, help="One row for each reported epoch.")
@click.option("--pareto", is_flag=True, help="Only the trials that no other one dominates.")
@click.option("--format", "form", type=click.Choice(_FORMATS), help="How to write the rows.")
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write to this file; its ending chooses the format where --format does not.",
)
def trials(
    runs: tuple[str, ...],
    sort: str | None,
    where: str | None,
    columns: str | None,
    epochs: bool,
    pareto: bool,
    form: str | None,
    output: Path | None,
) -> None:
    """Show the trials of one or several runs, best first.

    Columns are named as in the tables for pandas (param.train.optim.base_lr), or by an end that
    only one has (base_lr). Conditions know comparisons, and, or, not, in, arithmetic, numbers, text
    in quotes, and  == None  for what is missing. Among several runs those that train nothing
    (evaluate, inference, export) are left out.

    \b
    Examples:
      automl trials runs/tao-train-reid-20260102-030405
      automl trials runs/* --where "base_lr < 1e-3" --sort -time_s
      automl trials RUN --columns trial_id,cmc_rank_1,base_lr --format markdown
      automl trials runs/* --epochs --output epochs.parquet
    """
    form = form or _SUFFIXES.get(output.suffix.lower() if output else "", "table")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise InputError("Parquet is not for a terminal: add  --output FILE.parquet")
    named = read_named_runs(runs)
    frame = _frame(named, epochs=epochs, pareto=pareto)
    if where:
        frame = select_rows(frame, where)
    if sort:
        names, rising = find_order(sort, list(frame.columns))
        frame = frame.sort_values(list(names), ascending=list(rising), kind="stable")
    elif form in _PEOPLE and not epochs:
        frame = ranked(frame, _one_objective(named))
    if columns:
        frame = frame[find_columns(columns, list(frame.columns))]
    elif form in _PEOPLE and not epochs:
        metrics = dict.fromkeys(o.metric for run in named for o in run.objectives)
        frame = frame[main_columns(frame, list(metrics))]
    _write(frame.reset_index(drop=True), form, output, filtered=bool(where))


def _frame(runs: list[Run], *, epochs: bool, pareto: bool) -> pd.DataFrame:
    if not pareto:
        return epoch_table(runs) if epochs else trial_table(runs)
    if epochs or len(runs) > 1:
        raise InputError("--pareto weighs the trials of one run: leave out --epochs and other runs")
    return pareto_trials(runs[0])


def _write(frame: pd.DataFrame, form: str, output: Path | None, *, filtered: bool) -> None:
    if form == "table" and frame.empty and filtered:
        content = b"no row meets the condition\n"
    else:
        content = _content(frame, form, UNLIMITED if output else screen_width())
    if output is None:
        click.echo(content, nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot write {output}: {error.strerror}") from error
    click.echo(f"{len(frame)} rows in {output}")


def _content(frame: pd.DataFrame, form: str, width: int) -> bytes:
    if form == "parquet":
        stream = io.BytesIO()
        frame.to_parquet(stream, index=False)
        return stream.getvalue()
    if form == "csv":
        return frame.to_csv(index=False).encode()
    write = {"json": json_text, "markdown": frame_markdown}.get(form)
    text = write(frame) if write else frame_text(frame, width)
    return f"{text}\n".encode()


def _one_objective(runs: list[Run]) -> Objective:
    """Return what all these runs optimise; InputError where they optimise different things."""
    first, *others = {run.objective for run in runs}
    if others:
        listed = [f"{r.folder}: {r.objective.direction} {r.objective.metric}" for r in runs]
        raise InputError(
            "these runs optimise different things, so no one table ranks their trials: show them"
            " apart, give --sort, or use --format csv or json",
            listed,
        )
    return first
