"""Tables of rows as text, for a terminal and as Markdown.

Heads are one line each: a parameter is called by its shortest unique end. What does not fit side by
side is left out and named below, or follows in further tables where the user chose the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final

import click
import pandas as pd
from rich.cells import cell_len

from automl.cli.views.cells import cells, is_right
from automl.cli.views.terminal import UNLIMITED, folded, screen_width
from automl.constants import (
    COL_EPOCHS,
    COL_PARENT,
    COL_RUN,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
    TrialState,
)
from automl.results.run import Run
from automl.results.run_folders import Runs, find_runs, readable
from automl.results.table.column_names import short_names
from automl.results.table.stamp import check_run
from automl.trial.objective import Objective

SHOW_MORE: Final = "see them with --columns NAME,NAME or --columns all"
_PAIRS_OF_KEYS: Final = ((COL_RUN, COL_TRIAL), ("run_a", "run_b"))
_GAP: Final = 2  # blanks between two columns
_LONGEST: Final = 32  # characters of a cell, where columns are left out for want of room
_MOST_NAMES: Final = 24
_EMPTY: Final = "no trial has started"


def ranked(frame: pd.DataFrame, objective: Objective) -> pd.DataFrame:
    """Return trials best first; then those without a value, and those that failed."""
    if objective.column not in frame.columns:
        return frame
    rising = objective.direction == "minimize"
    found = frame.sort_values(objective.column, ascending=rising, kind="stable")
    over = (found[COL_STATE] == TrialState.FAILED).to_numpy(dtype=bool)
    return pd.concat([found[~over], found[over]])


def main_columns(frame: pd.DataFrame, metrics: Sequence[str]) -> list[str]:
    """Return the columns that a trial table shows by default: name, metrics, cost, parameters."""
    first = (COL_RUN, COL_TRIAL, COL_SOURCE, COL_PARENT, COL_STATE, *metrics)
    found = [name for name in (*first, COL_EPOCHS, COL_TIME) if name in frame.columns]
    return found + [name for name in frame.columns if name.startswith(PARAM_PREFIX)]


def trial_text(
    frame: pd.DataFrame, metrics: Sequence[str], width: int | None = None, more: str = SHOW_MORE
) -> str:
    """Return the main columns of a trial table as text (see :func:`fitted_text`)."""
    last = (COL_EPOCHS, COL_TIME, COL_PARENT)
    return fitted_text(frame, main_columns(frame, metrics), last, width, more)


def fitted_text(
    frame: pd.DataFrame,
    columns: Sequence[str],
    last: Collection[str] = (),
    width: int | None = None,
    more: str = SHOW_MORE,
) -> str:
    """Return the columns that fit side by side as a table, and a line on those that do not.

    Args:
        frame: the rows; heads are short names among all its columns.
        columns: those to show, in this order; the first ones get room first.
        last: those of them that get what room is left.
        width: of the screen, None for the terminal's.
        more: how the user sees what is left out.
    """
    if frame.empty:
        return _EMPTY
    room, names = screen_width() if width is None else width, short_names(list(frame.columns))
    grid = _Grid(frame[list(columns)], names, _LONGEST if room < UNLIMITED else None)
    by_rank = sorted(range(len(columns)), key=lambda place: columns[place] in last)
    kept = grid.fitting(by_rank, room)
    left_out = [names[name] for place, name in enumerate(columns) if place not in kept]
    return "\n".join([*grid.lines(kept), *folded(_left_out_line(left_out, more), 2, room)])


def _left_out_line(names: Sequence[str], more: str) -> list[str]:
    if not names:
        return []
    shown, rest = names[:_MOST_NAMES], len(names) - _MOST_NAMES
    listed = ", ".join(shown) + (f" and {rest} more" if rest > 0 else "")
    return [f"left out: {listed}; {more}"]


def frame_text(
    frame: pd.DataFrame, width: int | None = None, names: Mapping[str, str] | None = None
) -> str:
    """Return all columns of the rows as a table.

    Args:
        frame: the rows.
        width: of the screen, None for the terminal's; columns that do not fit follow in a second
            table below, which repeats the trials' names.
        names: column -> its head, None for the short names of these columns.
    """
    if frame.empty:
        return _EMPTY
    grid = _Grid(frame, names or short_names(list(frame.columns)))
    keys = 2 if tuple(frame.columns[:2]) in _PAIRS_OF_KEYS else 1
    room = screen_width() if width is None else width
    return "\n\n".join("\n".join(grid.lines(part)) for part in grid.parts(keys, room))


class _Grid:
    """A table's heads and cells as text, with the width of each column."""

    def __init__(
        self, frame: pd.DataFrame, names: Mapping[str, str], longest: int | None = None
    ) -> None:
        """``longest``: characters of a cell, None for any number."""
        self._right = [is_right(frame, name) for name in frame.columns]
        self._heads = [names[name] for name in frame.columns]
        self._rows = [[_cut(text, longest) for text in row] for row in cells(frame)]
        columns = zip(self._heads, *self._rows, strict=True)
        self._widths = [max(map(cell_len, texts)) for texts in columns]

    def fitting(self, by_rank: Sequence[int], room: int) -> list[int]:
        """Return the columns that fit, tried in the given order; the first one is always there."""
        kept = list(by_rank[:1])
        for place in by_rank[1:]:
            if self._width([*kept, place]) <= room:
                kept.append(place)
        return sorted(kept)

    def parts(self, keys: int, room: int) -> Iterator[list[int]]:
        """Yield the columns of each table; the first ``keys`` are in every one."""
        part = list(range(keys))
        for place in range(keys, len(self._widths)):
            if len(part) > keys and self._width([*part, place]) > room:
                yield part
                part = list(range(keys))
            part.append(place)
        yield part

    def lines(self, part: Sequence[int]) -> list[str]:
        """Return a table of some columns as lines: heads, a rule, rows."""
        rows = [self._line(row, part) for row in self._rows]
        return [self._line(self._heads, part), "─" * self._width(part), *rows]

    def _width(self, part: Sequence[int]) -> int:
        return sum(self._widths[i] for i in part) + _GAP * (len(part) - 1)

    def _line(self, texts: Sequence[str], part: Sequence[int]) -> str:
        return (" " * _GAP).join(self._padded(texts[i], i) for i in part).rstrip()

    def _padded(self, text: str, place: int) -> str:
        blanks = " " * (self._widths[place] - cell_len(text))
        return blanks + text if self._right[place] else text + blanks


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else f"{text[: longest - 1]}…"


def frame_markdown(frame: pd.DataFrame, names: Mapping[str, str] | None = None) -> str:
    """Return rows as a Markdown table; ``names`` as for :func:`frame_text`."""
    names = names or short_names(list(frame.columns))
    rules = ["--:" if is_right(frame, name) else "---" for name in frame.columns]
    rows = [[names[name] for name in frame.columns], rules, *cells(frame)]
    return "\n".join(f"| {' | '.join(map(_markdown_cell, row))} |" for row in rows)


def _markdown_cell(text: str) -> str:
    return text.replace("|", "\\|")


def read_named_runs(names: Runs) -> list[Run]:
    """Return the runs that paths and globs name; print on stderr which ones are left out, and why.

    Raises:
        InputError: a path is no run's folder, or no run can be read.
    """
    found = find_runs(names)
    if found.left_out:
        listed = ", ".join(f"{folder.name} ({action})" for folder, action in found.left_out.items())
        click.echo(f"left out, since they train nothing: {listed}", err=True)

    def tell(fault: str) -> None:
        click.echo(f"left out: {fault}", err=True)

    return [run for run, _ in readable(found.runs, check_run, tell)]
