"""A search space in one line for each parameter, beside its values in the first trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from automl.cli.views.page_layout import shortened
from automl.cli.views.progress_lines import format_value
from automl.cli.views.space_table import describe_values, short_value, why
from automl.launch.review import FirstTrial
from automl.results.table.column_names import parameter_names
from automl.space import Parameter, Space

REASONS: Final = "--plan --verbose gives reasons"
GAP: Final = "  "
_VALUES: Final = 30  # columns at most of what a parameter may be
_CELL: Final = 10  # the same of its value in one trial
_HEAD: Final = "parameter"
_LEAST: Final = 16  # columns of a name at least
_REASON: Final = 24  # columns at least; with fewer the reasons are left out
_CUT: Final = "…"


def preview_title(found: Space, first: Sequence[FirstTrial]) -> str:
    """Return the line above the preview: how many parameters, and which trials."""
    many = len(found.parameters)
    count = f"{len(first)} trials" if len(first) > 1 else "trial"
    trials = f" and the first {count}" if first else ""
    return f"searched   {many} parameter{'s' * (many != 1)}{trials}; {REASONS}"


def space_preview(found: Space, first: Sequence[FirstTrial], width: int) -> list[str]:
    """Return a head and a line for each parameter: name, values, then the first trials.

    Names that do not fit are shortened to an end that only one has. Where no trial is known ahead
    its default stands in their place. A wide screen has the reasons of the ranges too.
    """
    names = [parameter.name for parameter in found.parameters]
    heads = ["values", *([trial.source for trial in first] or ["default"])]
    cells = [heads, *(_cells(each, first) for each in found.parameters)]
    sizes = [0, *(max(map(len, column)) for column in zip(*cells, strict=True))]
    room = width - sum(sizes) - len(GAP) * (len(sizes) - 1)
    short = parameter_names(names)
    names = [name if len(name) <= room else short[name] for name in names]
    names = [_HEAD, *(shortened(name, max(room, _LEAST)) for name in names)]
    sizes[0] = max(map(len, names))
    rows = [[name, *row] for name, row in zip(names, cells, strict=True)]
    left = width - sum(sizes) - len(GAP) * len(sizes)
    if left >= _REASON:
        sizes.append(left)
        reasons = ["why", *map(why, found.parameters)]
        rows = [[*row, reason] for row, reason in zip(rows, reasons, strict=True)]
    return [_line(row, sizes) for row in rows]


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    texts = (_clip(text, size).ljust(size) for text, size in zip(cells, sizes, strict=True))
    return GAP.join(texts).rstrip()


def _cells(parameter: Parameter, first: Sequence[FirstTrial]) -> list[str]:
    values = [_in_trial(trial, parameter.name) for trial in first]
    values = values or [short_value(parameter.default)]
    named = _clip(describe_values(parameter), _VALUES)
    return [named, *(_clip(value, _CELL) for value in values)]


def _in_trial(trial: FirstTrial, name: str) -> str:
    value: Any = trial.params.get(name)
    return "-" if value is None else format_value(value)


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 0)] + _CUT
