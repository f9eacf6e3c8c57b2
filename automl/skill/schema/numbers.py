"""Tells numbers from booleans and from text: to Python ``True`` is an int, in a spec it is none.

YAML 1.1 reads ``1e-3`` as text; where a number is due, it is that number.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from itertools import chain, repeat
from typing import Any, Final, TypeGuard

_NUMBER: Final = re.compile(
    r"[-+]?(?P<digits>\d[\d_]*)?(?P<point>\.[\d_]*)?(?P<exponent>[eE][-+]?\d+)?", re.ASCII
)


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is an int or a float and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a number that a float can hold, and neither infinite nor NaN."""
    try:
        return is_number(value) and math.isfinite(value)
    except OverflowError:
        return False


def as_number(text: str, otherwise: Any = None) -> Any:
    """The finite number that ``text`` spells (``1e-3``, ``+.5``, ``1_000``), else ``otherwise``."""
    match = _NUMBER.fullmatch(text.strip())
    if match is None:
        return otherwise
    try:
        number = float(match[0])
        whole = match["point"] is None and match["exponent"] is None
        return otherwise if math.isinf(number) else int(match[0]) if whole else number
    except ValueError:
        return otherwise


def as_due(value: Any, like: Any = None) -> Any:
    """``value``, with numbers in place of texts that spell one where ``like`` has a number.

    Lists and mappings are compared item by item; items beyond the end of a list in ``like`` are
    like its last. Where ``like`` has nothing, a text with an exponent is a number, as YAML 1.2
    reads it. Where it has a text, ``value`` stays as it is.
    """
    if isinstance(value, Mapping):
        members = like if isinstance(like, Mapping) else {}
        return {name: as_due(member, members.get(name)) for name, member in value.items()}
    if isinstance(value, list):
        known = like if isinstance(like, list) and like else [None]
        examples = chain(known, repeat(known[-1]))
        return [as_due(item, example) for item, example in zip(value, examples, strict=False)]
    if isinstance(value, str) and not isinstance(like, str):
        return _number_like(value, like)
    return value


def _number_like(text: str, like: Any) -> Any:
    number = as_number(text, text)
    if is_number(like):
        whole = isinstance(like, int) and isinstance(number, float) and number.is_integer()
        return int(number) if whole else number
    return number if "e" in text.lower() else text
