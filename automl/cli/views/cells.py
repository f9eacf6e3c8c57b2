"""The cells of a table as text: digits that line up, and no character that moves the cursor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pandas as pd

from automl.cli.views.progress_lines import format_value
from automl.cli.views.terminal import plain_line
from automl.constants import COL_GPUS, COL_TIME, COL_TRIAL, PARAM_PREFIX

_SECONDS: Final = "{:.1f}"
_METRIC: Final = "{:.4f}"
_COUNT: Final = "{:g}"
_LARGEST: Final = 1e6  # a larger whole number is taken for a measurement, not for a count


def cells(frame: pd.DataFrame) -> list[list[str]]:
    """Return the cells of every row as text."""
    write = [_writer(name, frame[name]) for name in frame.columns]
    return [
        [
            "-" if pd.isna(value) else plain_line(text(value))
            for text, value in zip(write, row, strict=True)
        ]
        for row in frame.itertuples(index=False, name=None)
    ]


def is_right(frame: pd.DataFrame, name: str) -> bool:
    """Return whether the cells of a column stand on the right, as numbers do."""
    return name == COL_TRIAL or bool(pd.api.types.is_numeric_dtype(frame[name].dtype))


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
