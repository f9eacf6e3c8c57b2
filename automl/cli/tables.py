"""Tables of rows as text: for a terminal and as Markdown."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from automl.cli.progress import format_value
from automl.constants import (
    COL_EPOCHS,
    COL_PARENT,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
)
from automl.results.tables import RUN_COLUMN
from automl.trial.objective import Objective

WIDTH: Final = 120
UNLIMITED: Final = 10_000
_SECONDS: Final = "{:.1f}"
_METRIC: Final = "{:.4f}"


def to_text(renderable: Any, width: int = WIDTH) -> str:
    """Return a rich renderable as plain text."""
    stream = io.StringIO()
    Console(file=stream, width=width, no_color=True).print(renderable)
    return stream.getvalue().rstrip()


def ranked(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """Return trials best first; those without a value come last."""
    if objective.metric not in frame.columns:
        return frame
    rising = objective.direction == "minimize"
    return frame.sort_values(objective.metric, ascending=rising, kind="stable")


def main_columns(frame: pd.DataFrame, metrics: Sequence[str]) -> list[str]:
    """Return what a person looks at first in a trial table: identity, metrics, cost, parameters."""
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
    """Return a run's trials, best first, as text, as wide as it needs to be."""
    metrics = [each.metric for each in (objective, *further) if each.metric]
    return frame_text(ranked(frame, objective)[main_columns(frame, metrics)])


def frame_text(frame: pd.DataFrame) -> str:
    """Return rows as a table; long names are broken at their underscores."""
    if frame.empty:
        return "no trial has started"
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name, header in zip(frame.columns, short_names(list(frame.columns)), strict=True):
        text = header.replace("_", "\n")
        table.add_column(text, justify=_side(frame, name), no_wrap=True, vertical="bottom")
    for row in frame.itertuples(index=False, name=None):
        table.add_row(*map(Text, _cells(frame, row)))
    lines = to_text(table, width=UNLIMITED).splitlines()
    return "\n".join(line.rstrip() for line in lines)


def frame_markdown(frame: pd.DataFrame) -> str:
    """Return rows as a Markdown table."""
    rules = ["---" if _side(frame, name) == "left" else "--:" for name in frame.columns]
    rows = [short_names(list(frame.columns)), rules]
    rows += [_cells(frame, row) for row in frame.itertuples(index=False, name=None)]
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


def _cells(frame: pd.DataFrame, row: Sequence[Any]) -> list[str]:
    return [_cell(name, value) for name, value in zip(frame.columns, row, strict=True)]


def _cell(name: str, value: Any) -> str:
    if pd.isna(value):
        return "-"
    if isinstance(value, pd.Timestamp):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if name == COL_TIME:
        return _SECONDS.format(value)
    if isinstance(value, float) and not name.startswith(PARAM_PREFIX):
        return _METRIC.format(value)
    return format_value(value)
