"""Makes the parameter of one number: a float, an integer, or an ordered choice.

Multiples become steps, powers become an ordered choice, and a range avoids excluded values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from automl.skill import Bounds
from automl.skill.schema.bounds import MAX_EXPONENT
from automl.space.builder.name_hints import Trait
from automl.space.builder.ranges import (
    EXACT_INTEGERS,
    WIDE,
    NoRange,
    NumberRequest,
    Range,
    choose_range,
    describe,
    legal_ends,
)
from automl.space.builder.user_range import UserRange
from automl.space.parameters.choice import Choice
from automl.space.parameters.legal_grid import tidy
from automl.space.parameters.numeric import Float, Integer

Number = Float | Integer | Choice


def make_number(
    common: Mapping[str, Any], number: NumberRequest, *, step: float | None, user: UserRange | None
) -> Number:
    """Return the parameter for a number; NoRange says why there is nothing to search.

    ``common``: the arguments that every parameter has. ``step``: of the schema's ``x_automl``.
    """
    found = _user_range(number, user) if user is not None else choose_range(number)
    common = {**common, "source": found.source, "reason": found.reason}
    if number.bounds.power_of is not None:
        return _powers(common, number, found, number.bounds.power_of)
    if number.whole:
        return _integer(common, number, found, step)
    return _float(common, number, found, step)


def _user_range(number: NumberRequest, user: UserRange) -> Range:
    low, high = user.low, user.high
    bounds = replace(number.bounds, multiple_of=None, power_of=None, excluded=())
    if not (bounds.holds(low) and bounds.holds(high)):
        raise NoRange(f"the range {user} leaves what is legal: {describe(bounds)}")
    wide = low > 0 and (high / low >= WIDE or number.trait is Trait.RATE)
    log = wide if user.log is None else user.log
    low, high = legal_ends(low, high, number.bounds, whole=number.whole, log=log)
    if low >= high:
        raise NoRange(f"the range {user} holds fewer than two values")
    return Range(low, high, log, "range", "your range" + (", in log scale" if log else ", linear"))


def _powers(common: Mapping[str, Any], number: NumberRequest, found: Range, base: float) -> Choice:
    powers = (base**exponent for exponent in range(-MAX_EXPONENT, MAX_EXPONENT + 1))
    values = (int(p) if number.whole and float(p).is_integer() else p for p in powers)
    legal = tuple(v for v in values if found.low <= v <= found.high and number.bounds.holds(v))
    if number.whole:
        legal = tuple(value for value in legal if isinstance(value, int))
    return ordered_choice(common, legal, f"{common['reason']}; powers of {base:g}")


def ordered_choice(common: Mapping[str, Any], values: tuple[Any, ...], reason: str) -> Choice:
    """An ordered choice of at least two values; NoRange when there are fewer."""
    if len(values) < 2:
        left = f"only {values[0]} is legal" if values else "no value is legal"
        raise NoRange(f"{left} ({reason})")
    return Choice(**{**common, "reason": reason}, choices=values, ordered=True)


def _integer(
    common: dict[str, Any], number: NumberRequest, found: Range, step: float | None
) -> Integer | Choice:
    low, high = int(found.low), int(found.high)
    unit, log = 1, found.log
    if number.bounds.multiple_of is not None:
        unit = _whole_unit(number.bounds.multiple_of)
        low, high = -(-low // unit) * unit, high // unit * unit
        common["reason"] += f"; multiples of {unit}"
    if step is not None and step >= 1:
        unit = math.lcm(unit, round(step))
        log = log and low % unit == 0
    low, high = _around_excluded(low, high, unit, number.bounds, number.default)
    high = low + (high - low) // unit * unit
    if low >= high:
        raise NoRange(f"fewer than two values are left in its range ({describe(number.bounds)})")
    log = log and low > 0 and low % unit == 0
    return Integer(**common, low=low, high=high, log=log, step=unit if unit > 1 else None)


def _whole_unit(multiple: float) -> int:
    """The unit of whole numbers that are multiples of ``multiple``, such as 3 for 1.5."""
    near = Fraction(multiple).limit_denominator(10**6)
    if not math.isclose(near, multiple, rel_tol=1e-12) or near.numerator < 1:
        raise NoRange(f"multiples of {multiple:g} are no whole numbers")
    return near.numerator


def _around_excluded(
    low: int, high: int, unit: int, bounds: Bounds, default: float | None
) -> tuple[int, int]:
    """Cut the range at each excluded value; keep the default's side, else the longer one."""
    for excluded in sorted(bounds.excluded):
        if not low <= excluded <= high or (excluded - low) % unit:
            continue
        below, above = int(excluded) - unit, int(excluded) + unit
        keep_above = (
            default > excluded
            if default is not None and low <= default <= high and default != excluded
            else high - above >= below - low
        )
        low, high = (above, high) if keep_above else (low, below)
    return low, high


def _float(
    common: dict[str, Any], number: NumberRequest, found: Range, step: float | None
) -> Float:
    low, high, log = float(found.low), float(found.high), found.log
    unit = number.bounds.multiple_of
    if unit is not None:
        low = tidy(float(math.ceil(low / unit - 1e-9) * unit), unit)
        common["reason"] += f"; multiples of {unit:g}" + (", linear" if log else "")
        step = unit * max(1, round(step / unit)) if step else unit
    if step is not None:
        count = math.floor((high - low) / step + 1e-9)
        if max(abs(low), abs(high)) / step > EXACT_INTEGERS:
            raise NoRange(f"its numbers are too large to count in steps of {step:g}")
        if count < 1:
            raise NoRange(f"fewer than two steps of {step:g} fit its range")
        high, log = tidy(low + count * step, step), False
    avoid = tuple(float(value) for value in number.bounds.excluded if low <= value <= high)
    if low >= high:
        raise NoRange(f"fewer than two values are left in its range ({describe(number.bounds)})")
    return Float(**common, low=low, high=high, log=log, step=step, avoid=avoid)
