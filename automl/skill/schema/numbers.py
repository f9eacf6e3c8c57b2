"""Tells numbers from booleans: to Python ``True`` is an int, in a spec it is none."""

from __future__ import annotations

import math
from typing import TypeGuard


def is_number(value: object) -> TypeGuard[float]:
    """Whether ``value`` is an int or a float and no bool."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_finite(value: object) -> TypeGuard[float]:
    """Whether ``value`` is a number that a float can hold, and neither infinite nor NaN."""
    try:
        return is_number(value) and math.isfinite(value)
    except OverflowError:
        return False
