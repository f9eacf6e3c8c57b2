"""Columns of plain types: the same column has the same dtype in every run, however few its trials.

Dtypes: ``string``, ``Int64``, ``float64``, ``boolean`` and UTC timestamps. Lists, mappings, choices
of mixed types and integers over 64 bits are JSON text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from automl.constants import (
    COL_BEST_EPOCH,
    COL_CHANGED,
    COL_END,
    COL_EPOCH,
    COL_EPOCHS,
    COL_FAILURE,
    COL_FAULT,
    COL_GPUS,
    COL_HOST,
    COL_NUMBER,
    COL_PARENT,
    COL_SOURCE,
    COL_START,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
)

TEXT: Final = "string"
WHOLE: Final = "Int64"
NUMBER: Final = "float64"
TRUTH: Final = "boolean"
MOMENT: Final = "datetime64[us, UTC]"
_JSON: Final = "json"
_LARGE: Final = 2**63
_DTYPES: Final[Mapping[str, str]] = {
    COL_TRIAL: TEXT,
    COL_NUMBER: WHOLE,
    COL_STATE: TEXT,
    COL_PARENT: TEXT,
    COL_SOURCE: TEXT,
    COL_BEST_EPOCH: WHOLE,
    COL_EPOCH: WHOLE,
    COL_EPOCHS: WHOLE,
    COL_TIME: NUMBER,
    COL_START: MOMENT,
    COL_END: MOMENT,
    COL_HOST: TEXT,
    COL_GPUS: NUMBER,
    COL_FAILURE: TEXT,
    COL_FAULT: TEXT,
    COL_CHANGED: TEXT,
}
_KINDS: Final[Mapping[str, Any]] = {"float": 0.0, "int": 0}  # of a space; the others are lists


def declared_values(space: Mapping[str, Any] | None) -> dict[str, list[Any]]:
    """Column -> values that show what else a parameter of a plan's ``space`` may be.

    A choice of ``0.5`` and ``"auto"`` is JSON text even while only ``0.5`` was drawn.
    """
    if space is None:
        return {}
    return {
        PARAM_PREFIX + parameter["name"]: (
            list(parameter["choices"])
            if parameter["kind"] == "choice"
            else [_KINDS.get(parameter["kind"], [])]
        )
        for parameter in space["parameters"]
    }


def column(name: str, values: Sequence[Any], declared: Iterable[Any] = ()) -> pd.Series[Any]:
    """Return ``values`` (None: missing) as a column of the type that its name or values ask for.

    Args:
        name: the column; parameters begin with ``param.``, what is no known column is a metric.
        values: one for each row.
        declared: further values that the column might hold in another run of the same space.
    """
    if name in _DTYPES:
        return make(values, _DTYPES[name])
    if not name.startswith(PARAM_PREFIX):
        return make(values, NUMBER)
    dtype = _parameter_dtype([*values, *declared])
    if dtype == _JSON:
        values, dtype = [_as_json(value) for value in values], TEXT
    return make(values, dtype)


def make(values: Sequence[Any], dtype: str) -> pd.Series[Any]:
    """Return a column of ``values``; None is missing."""
    cells = map(printable, values) if dtype == TEXT else values
    made: pd.Series[Any] = pd.Series(list(cells), dtype=dtype)
    return made


def printable(value: Any) -> Any:
    """Return a text as UTF-8 can hold it: of bytes that were no text, their codes."""
    if not isinstance(value, str) or value.isascii():
        return value
    return value.encode("utf-8", "backslashreplace").decode()


def _parameter_dtype(values: Iterable[Any]) -> str:
    present = [value for value in values if value is not None]
    kinds = {type(value) for value in present}
    if kinds == {int}:
        return _JSON if any(abs(value) >= _LARGE for value in present) else WHOLE
    if kinds and kinds <= {int, float}:
        large = any(isinstance(value, int) and abs(value) >= _LARGE for value in present)
        return _JSON if large else NUMBER
    if kinds == {bool}:
        return TRUTH
    return TEXT if kinds <= {str} else _JSON


def _as_json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=str)


def stack(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all ``frames``; a column that one of them lacks is missing in its rows.

    Columns come in the order in which they first appear, parameters together. Where dtypes differ,
    numbers become ``float64`` and everything else text.
    """
    names = ordered(name for frame in frames for name in frame.columns)
    dtypes = {name: _common([f[name] for f in frames if name in f]) for name in names}
    aligned = [
        pd.DataFrame({name: _part(frame, name, dtype) for name, dtype in dtypes.items()})
        for frame in frames
    ]
    return pd.concat(aligned, ignore_index=True)


def ordered(names: Iterable[str]) -> list[str]:
    """Return each name once: identity and metrics first, then parameters, then the rest."""
    unique = list(dict.fromkeys(names))
    params = [name for name in unique if name.startswith(PARAM_PREFIX)]
    if not params:
        return unique
    first = unique.index(params[0])
    head = [name for name in unique[:first] if name not in params]
    tail = [name for name in unique[first:] if name not in params]
    metrics = [name for name in tail if name not in _DTYPES]
    return [*head, *metrics, *params, *(name for name in tail if name in _DTYPES)]


def _common(columns: Sequence[pd.Series[Any]]) -> str:
    dtypes = {str(c.dtype) for c in columns if c.notna().any()} or {str(c.dtype) for c in columns}
    if len(dtypes) == 1:
        return dtypes.pop()
    return NUMBER if dtypes <= {WHOLE, NUMBER} else TEXT


def _part(frame: pd.DataFrame, name: str, dtype: str) -> pd.Series[Any]:
    if name not in frame or (frame[name].isna().all() and str(frame[name].dtype) != dtype):
        return make([None] * len(frame), dtype)
    values = frame[name].reset_index(drop=True)
    if str(values.dtype) != dtype and dtype == TEXT:
        return make([None if pd.isna(v) else _text(v) for v in values], TEXT)
    cast: pd.Series[Any] = values.astype(dtype)  # type: ignore[call-overload]
    return cast


def _text(value: Any) -> str:
    """A value as JSON text; text stays as it is."""
    return value if isinstance(value, str) else json.dumps(getattr(value, "item", lambda: value)())
