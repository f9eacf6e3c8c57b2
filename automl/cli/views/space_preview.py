"""A search space in one line for each parameter, beside its values in the first trials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from automl.cli.views.fit import shortened
from automl.cli.views.progress_lines import format_value
from automl.cli.views.space_table import describe_values, short_value, why
from automl.launch.review import FirstTrial
from automl.space import Parameter, Space

GAP: Final = "  "
_VALUES: Final = 30  # columns at most of what a parameter may be
_CELL: Final = 10  # the same of its value in one trial
_VALUES_LEAST: Final = 16  # the same at least, on a narrow screen
_NAME_LEAST: Final = 16
_REASON: Final = 24  # columns at least; with fewer the reasons are left out
_CUT: Final = "…"


def preview_title(found: Space, first: Sequence[FirstTrial]) -> str:
    """Return the line above the preview: how many parameters, and which trials."""
    many = len(found.parameters)
    trials = f"; the first {len(first)} trials as columns" if first else ""
    return f"searched   {many} parameter{'s' * (many != 1)}{trials}"


def space_preview(found: Space, first: Sequence[FirstTrial], width: int) -> list[str]:
    """Return a head and a line for each parameter: name, values, then the first trials.

    Where no trial is known ahead its default stands in their place. A wide screen has the reasons
    of the ranges too, as far as they fit.
    """
    heads = ["parameter", "values", *([trial.source for trial in first] or ["default"])]
    rows = [heads, *(_cells(each, first) for each in found.parameters)]
    sizes = [max(map(len, column)) for column in zip(*rows, strict=True)]
    _narrow(sizes, sum(sizes) + len(GAP) * (len(sizes) - 1) - width)
    left = width - sum(sizes) - len(GAP) * len(sizes)
    if left >= _REASON:
        sizes.append(left)
        reasons = ["why", *map(why, found.parameters)]
        rows = [[*row, reason] for row, reason in zip(rows, reasons, strict=True)]
    return [_line(row, sizes) for row in rows]


def _narrow(sizes: list[int], over: int) -> None:
    """Take columns that a line has too many: from the values, then from the names."""
    for column, least in ((1, _VALUES_LEAST), (0, _NAME_LEAST)):
        cut = max(min(over, sizes[column] - least), 0)
        sizes[column] -= cut
        over -= cut


def _line(cells: Sequence[str], sizes: Sequence[int]) -> str:
    name, *rest = zip(cells, sizes, strict=True)
    texts = [shortened(*name).ljust(name[1]), *(_clip(*cell).ljust(cell[1]) for cell in rest)]
    return GAP.join(texts).rstrip()


def _cells(parameter: Parameter, first: Sequence[FirstTrial]) -> list[str]:
    values = [_in_trial(trial, parameter.name) for trial in first]
    values = values or [short_value(parameter.default)]
    named = _clip(describe_values(parameter), _VALUES)
    return [parameter.name, named, *(_clip(value, _CELL) for value in values)]


def _in_trial(trial: FirstTrial, name: str) -> str:
    value: Any = trial.params.get(name)
    return "-" if value is None else format_value(value)


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: max(most - 1, 0)] + _CUT
