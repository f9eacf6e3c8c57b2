"""``automl trials``: the trials, or epochs, of one or several runs as a table."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click
import pandas as pd

from automl.cli.completions import FOLDERS
from automl.cli.json_option import format_of, json_option
from automl.cli.views.champion import champion_words
from automl.cli.views.tables import (
    fitted_text,
    frame_markdown,
    frame_text,
    main_columns,
    ranked,
    read_named_runs,
    trial_text,
)
from automl.cli.views.terminal import UNLIMITED, screen_width
from automl.errors import InputError
from automl.results.output_file import check_output, write_output
from automl.results.pareto import pareto_trials
from automl.results.run import Run
from automl.results.table.column_names import find_columns, find_order, short_names
from automl.results.table.files import BINARY, FORMATS, check_format, table_bytes
from automl.results.table.row_filter import select_rows
from automl.results.tables import epoch_table, trial_table, with_start_rows
from automl.trial.objective import Objective

_PEOPLE: Final = ("table", "markdown")  # formats with short names, and without minor columns
_STDOUT: Final = Path("-")
_SUFFIXES: Final = {f".{form}": form for form in FORMATS} | {".md": "markdown", ".txt": "table"}


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN...", type=FOLDERS)
@click.option(
    "--sort",
    multiple=True,
    metavar="COL[,-COL]",
    help="Sort by columns; a minus sorts descending. Repeatable.",
)
@click.option(
    "--where",
    multiple=True,
    metavar="CONDITION",
    help="Keep the rows for which this is true. Repeatable: all must hold.",
)
@click.option(
    "--columns",
    multiple=True,
    metavar="COL[,COL]",
    help="Show these columns; all shows every one. Repeatable.",
)
@click.option("--epochs", is_flag=True, help="One row for each reported epoch.")
@click.option(
    "--pareto", is_flag=True, help="Only the Pareto front: trials that no other one dominates."
)
@click.option("--format", "form", type=click.Choice((*_PEOPLE, *FORMATS)), help="Output format.")
@json_option
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help=f"Write to this file. Its ending is the format: {', '.join(_SUFFIXES)}.",
)
def trials(
    runs: tuple[str, ...],
    sort: tuple[str, ...],
    where: tuple[str, ...],
    columns: tuple[str, ...],
    epochs: bool,
    pareto: bool,
    form: str | None,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show the trials of one or several runs, best first.

    Columns are named as in the tables for pandas (param.train.optim.base_lr), or by a unique
    suffix (base_lr), as in the printed table. Conditions may use comparisons, and, or, not, in,
    arithmetic, numbers, text in quotes, and  == None  for missing values. Among several runs those
    that train nothing (evaluate, inference, export) are left out.

    \b
    Examples:
      automl trials runs/tao-train-reid-20260102-030405
      automl trials runs/* --where "base_lr < 1e-3" --sort -time_s
      automl trials RUN --columns trial_id,cmc_rank_1,base_lr --format markdown
      automl trials RUN --columns all
      automl trials runs/* --epochs --output epochs.xlsx
    """
    output = None if output == _STDOUT else output
    form = _checked_format(format_of(form, as_json=as_json), output)
    named = read_named_runs(runs)
    frame = _frame(named, epochs=epochs, pareto=pareto)
    if form in _PEOPLE and not epochs and not pareto:
        frame = with_start_rows(frame, named)
    for condition in where:
        frame = select_rows(frame, condition)
    if sort:
        names, rising = find_order(",".join(sort), list(frame.columns))
        frame = frame.sort_values(list(names), ascending=list(rising), kind="stable")
    elif form in _PEOPLE and not epochs:
        frame = ranked(frame, _one_objective(named))
    chosen = find_columns(",".join(columns), list(frame.columns)) if columns else []
    if form not in _PEOPLE:
        content = table_bytes(frame[chosen] if chosen else frame, form)
    elif form == "table" and frame.empty and where:
        content = b"no row meets the condition\n"
    else:
        metrics = [] if epochs else [each.column for run in named for each in run.objectives]
        width = UNLIMITED if output else screen_width()
        lines = [_text(frame, form, chosen, metrics, width), *_champions(named, form, epochs)]
        content = ("\n".join(lines) + "\n").encode()
    _write(content, len(frame), output, on_stderr=as_json)


def _checked_format(form: str | None, output: Path | None) -> str:
    """Return how to write the rows.

    Raises:
        InputError: nothing could be written so; this is found before any run is read.
    """
    of_name = _SUFFIXES.get(output.suffix.lower()) if output else None
    if output is not None:
        check_output(output, () if form else tuple(_SUFFIXES))
    if form and of_name and form != of_name:
        raise InputError(f"--format {form} does not go with --output {output}: leave one out")
    chosen = form or of_name or "table"
    check_format(chosen)
    if chosen in BINARY and output is None and sys.stdout.isatty():
        raise InputError(f"{chosen} is not for a terminal: add  --output FILE.{chosen}")
    return chosen


def _frame(runs: list[Run], *, epochs: bool, pareto: bool) -> pd.DataFrame:
    if not pareto:
        return epoch_table(runs) if epochs else trial_table(runs)
    if epochs or len(runs) > 1:
        raise InputError("--pareto weighs the trials of one run: leave out --epochs and other runs")
    return pareto_trials(runs[0])


def _text(frame: pd.DataFrame, form: str, chosen: list[str], metrics: list[str], width: int) -> str:
    """Return rows for people: the chosen columns, or the main ones, which ``metrics`` are among.

    Without ``metrics`` the rows are epochs, all of whose columns are main ones.
    """
    names = list(frame.columns)
    if form == "markdown":
        main = main_columns(frame, list(dict.fromkeys(metrics))) if metrics else names
        return frame_markdown(frame[chosen or main], short_names(names))
    if chosen:
        return frame_text(frame[chosen], width, short_names(names))
    if not metrics:
        return fitted_text(frame, names, width=width)
    return trial_text(frame, list(dict.fromkeys(metrics)), width)


def _champions(named: list[Run], form: str, epochs: bool) -> list[str]:
    """Return who a confirmation made champion, which a table of single trainings does not show."""
    if form != "table" or epochs:
        return []
    lines = []
    for run in named:
        champion = run.decision
        if champion is not None and champion.fresh:
            head = "champion  " if len(named) == 1 else f"champion of {run.label}:"
            lines.append(f"{head} {champion_words(champion, run.objective.metric)}")
    return lines


def _write(content: bytes, rows: int, output: Path | None, *, on_stderr: bool) -> None:
    if output is None:
        click.echo(content, nl=False)
        return
    write_output(output, content)
    click.echo(f"{rows} rows in {output}", err=on_stderr)


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
