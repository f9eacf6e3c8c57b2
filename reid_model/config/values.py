"""One value against the type and the legal bounds of its key."""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Callable
from typing import Any, Final, get_args, get_origin

from reid_model.config.keys import Key

_NUMBER: Final = re.compile(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)([eE][-+]?\d+)?", re.ASCII)


class Fault(Exception):
    """Why a value cannot be used; becomes one line of a ConfigError."""


def check_value(kind: Any, key: Key, value: Any) -> Any:
    """The value as ``kind`` (bool, int, float, str, tuple[...]) if it is legal for ``key``.

    A number is converted only if nothing is lost (30 -> 30.0, 30.0 -> 30). Raises Fault.
    """
    if get_origin(kind) is tuple:
        return _check_list(get_args(kind)[0], key, value)
    converted = _CONVERSIONS[kind](value)
    _check_enum(key, converted)
    if not isinstance(converted, (str, bool)):
        _check_bounds(key, converted)
    return converted


def _check_list(item_kind: Any, key: Key, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise Fault(f"must be a list, got {value!r}")
    items = tuple(check_value(item_kind, key, item) for item in value)
    low, high = key.length or (0, None)
    if len(items) < low or (high is not None and len(items) > high):
        expected = f"{low}" if low == high else f"{low} to {high}" if high else f"at least {low}"
        raise Fault(f"must have {expected} entries, got {list(items)}")
    if key.distinct and len(set(items)) < len(items):
        raise Fault(f"must not repeat an entry, got {list(items)}")
    return items


def _check_enum(key: Key, value: Any) -> None:
    if key.pattern and re.search(key.pattern, str(value)):
        return
    if key.enum and value not in key.enum:
        near = difflib.get_close_matches(str(value), map(str, key.enum), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Fault(f"must be one of {', '.join(map(str, key.enum))}, got {value!r}{hint}")


def _check_bounds(key: Key, value: float) -> None:
    rules = (
        (key.minimum, operator.ge, "at least"),
        (key.maximum, operator.le, "at most"),
        (key.above, operator.gt, "above"),
        (key.below, operator.lt, "below"),
    )
    for bound, holds, words in rules:
        if bound is not None and not holds(value, bound):
            raise Fault(f"must be {words} {bound:g}, got {value!r}")


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise Fault(f"must be true or false, got {value!r}")


def _spelled(value: Any) -> Any:
    """The number that a text spells: YAML 1.1 reads ``1e-3`` as text."""
    if not isinstance(value, str) or _NUMBER.fullmatch(value.strip()) is None:
        return value
    try:
        return float(value)
    except ValueError:  # underscores in a row
        return value


def _int(value: Any) -> int:
    number = _spelled(value)
    if isinstance(number, float) and number.is_integer():
        return int(number)
    if isinstance(number, int) and not isinstance(number, bool):
        return number
    raise Fault(f"must be a whole number, got {value!r}")


def _float(value: Any) -> float:
    number = _spelled(value)
    if isinstance(number, (int, float)) and not isinstance(number, bool):
        if math.isfinite(number):
            return float(number)
        raise Fault(f"must be a finite number, got {value!r}")
    raise Fault(f"must be a number, got {value!r}")


def _str(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    raise Fault(f"must be text, got {value!r}")


_CONVERSIONS: dict[Any, Callable[[Any], Any]] = {
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
}
