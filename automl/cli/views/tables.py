"""Tables of rows as text, for a terminal and as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import click
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import JustifyMethod
from rich.table import Table
from rich.text import Text

from automl.cli.views.progress_lines import format_value
from automl.cli.views.terminal import UNLIMITED, screen_width, to_text
from automl.constants import (
    COL_EPOCHS,
    COL_GPUS,
    COL_PARENT,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
)
from automl.results.run import Run
from automl.results.run_folders import Runs, find_runs
from automl.results.tables import RUN_COLUMN
from automl.trial.objective import Objective

_BETWEEN: Final = 3  # columns of the screen between two columns of a table
_SECONDS: Final = "{:.1f}"
_METRIC: Final = "{:.4f}"
_COUNT: Final = "{:g}"
_LARGEST: Final = 1e6  # a larger whole number is taken for a measurement, not for a count


def ranked(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """Return trials best first; those without a value come last."""
    if objective.metric not in frame.columns:
        return frame
    rising = objective.direction == "minimize"
    return frame.sort_values(objective.metric, ascending=rising, kind="stable")


def main_columns(frame: pd.DataFrame, metrics: Sequence[str]) -> list[str]:
    """Return the columns that a trial table shows by default: name, metrics, cost, parameters."""
    params = [name for name in frame.columns if name.startswith(PARAM_PREFIX)]
    first = (
        RUN_COLUMN,
        COL_TRIAL,
        COL_SOURCE,
        COL_PARENT,
        COL_STATE,
        *metrics,
        COL_EPOCHS,
        COL_TIME,
    )
    return [name for name in first if name in frame.columns] + params


def table_text(frame: pd.DataFrame, objective: Objective, further: Sequence[Objective] = ()) -> str:
    """Return a run's trials, best first, as text (see :func:`frame_text`)."""
    metrics = [each.metric for each in (objective, *further) if each.metric]
    return frame_text(ranked(frame, objective)[main_columns(frame, metrics)])


def frame_text(frame: pd.DataFrame, width: int | None = None) -> str:
    """Return rows as a table; long names are broken at their underscores.

    Args:
        frame: the rows.
        width: of the screen, None for the terminal's; columns that do not fit follow in a second
            table below, which repeats the trials' names.
    """
    if frame.empty:
        return "no trial has started"
    headers = [name.replace("_", "\n") for name in short_names(list(frame.columns))]
    cells = _rows(frame)
    columns = [
        [*header.split("\n"), *rows]
        for header, rows in zip(headers, zip(*cells, strict=True), strict=True)
    ]
    needs = [max(map(cell_len, texts)) + _BETWEEN for texts in columns]
    keys = 2 if list(frame.columns[:2]) == [RUN_COLUMN, COL_TRIAL] else 1
    parts = _parts(needs, keys, screen_width() if width is None else width)
    sides = [_side(frame, name) for name in frame.columns]
    return "\n".join(_part_text(part, headers, sides, cells) for part in parts)


def _parts(needs: Sequence[int], keys: int, width: int) -> Iterator[list[int]]:
    """Yield the columns of each table, by index; the first ``keys`` are in every one."""
    part = list(range(keys))
    for number in range(keys, len(needs)):
        if len(part) > keys and sum(needs[i] for i in (*part, number)) > width:
            yield part
            part = list(range(keys))
        part.append(number)
    yield part


def _part_text(
    part: Sequence[int],
    headers: Sequence[str],
    sides: Sequence[JustifyMethod],
    cells: Sequence[Sequence[str]],
) -> str:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for i in part:
        table.add_column(headers[i], justify=sides[i], no_wrap=True, vertical="bottom")
    for row in cells:
        table.add_row(*(Text(row[i]) for i in part))
    lines = to_text(table, UNLIMITED).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def frame_markdown(frame: pd.DataFrame) -> str:
    """Return rows as a Markdown table."""
    rules = ["---" if _side(frame, name) == "left" else "--:" for name in frame.columns]
    rows = [short_names(list(frame.columns)), rules]
    rows += _rows(frame)
    return "\n".join(f"| {' | '.join(map(_markdown_cell, row))} |" for row in rows)


def _markdown_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def short_names(names: Sequence[str]) -> list[str]:
    """Return the last word of each dotted name, or the whole name where that is not unique."""
    last = [name.rsplit(".", 1)[-1] for name in names]
    plain = [name.removeprefix(PARAM_PREFIX) for name in names]
    return [word if last.count(word) == 1 else full for word, full in zip(last, plain, strict=True)]


def _side(frame: pd.DataFrame, name: str) -> JustifyMethod:
    number = pd.api.types.is_numeric_dtype(frame[name].dtype)
    parameter = name == COL_TRIAL or name.startswith(PARAM_PREFIX)
    return "right" if number or parameter else "left"


def _rows(frame: pd.DataFrame) -> list[list[str]]:
    """Return the cells of every row as text."""
    write = [_writer(name, frame[name]) for name in frame.columns]
    return [
        ["-" if pd.isna(value) else text(value) for text, value in zip(write, row, strict=True)]
        for row in frame.itertuples(index=False, name=None)
    ]


def _writer(name: str, column: pd.Series[Any]) -> Callable[[Any], str]:
    """Return what formats the values of a column, so that their digits line up."""
    dtype = column.dtype
    if isinstance(dtype, pd.DatetimeTZDtype):
        return lambda moment: str(moment.strftime("%Y-%m-%d %H:%M:%S"))
    if name == COL_TIME:
        return _SECONDS.format
    if not pd.api.types.is_float_dtype(dtype) or name.startswith(PARAM_PREFIX):
        return format_value
    return _COUNT.format if name == COL_GPUS or _counts(column.dropna()) else _METRIC.format


def _counts(values: pd.Series[Any]) -> bool:
    """Return whether a metric is a count: whole numbers, not only the 0 and 1 of a share."""
    large = values.abs()
    return bool(len(values)) and bool((values % 1 == 0).all()) and bool(1 < large.max() < _LARGEST)


def read_named_runs(names: Runs) -> list[Run]:
    """Return the runs that paths and globs name; print on stderr which ones are left out.

    Raises:
        InputError: a path is no run's folder.
    """
    found = find_runs(names)
    if found.left_out:
        listed = ", ".join(f"{folder.name} ({action})" for folder, action in found.left_out.items())
        click.echo(f"left out, since they train nothing: {listed}", err=True)
    return found.runs
