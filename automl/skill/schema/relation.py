"""A numeric leaf's relation to another leaf, its parent: ``child <op> parent / divisor``."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
MULTIPLE = "a multiple of"


@dataclass(frozen=True, slots=True)
class Relation:
    """``child op parent / divisor``; ``op`` is a comparison or ``"a multiple of"``.

    ``divisor`` is 1 except for "at most a share of the parent" (``math_cond: "/ 2"`` with
    ``depends_on``).
    """

    parent: str
    op: str
    divisor: float = 1.0

    def holds(self, child: float, parent: float) -> bool:
        """Whether the two values satisfy the relation (a multiple of 0 is only 0)."""
        if self.op != MULTIPLE:
            return COMPARISONS[self.op](child, parent / self.divisor)
        return is_multiple(child, parent)

    def __str__(self) -> str:
        share = "" if self.divisor == 1 else f" / {self.divisor:g}"
        if self.divisor < 1:
            share = f" * {1 / self.divisor:g}"
        return f"{self.op} {self.parent}{share}"


def is_multiple(value: float, unit: float) -> bool:
    """Whether ``value`` is a whole number of ``unit``, within float rounding."""
    if unit == 0:
        return value == 0
    quotient = value / unit
    return math.isfinite(quotient) and math.isclose(
        quotient, round(quotient), rel_tol=1e-9, abs_tol=1e-9
    )


def is_exact_unit(unit: float) -> bool:
    """Whether floats hold multiples of ``unit`` exactly: those of 0.25, not those of 0.1.

    A JSON Schema validator divides floats, so for it 0.3 is no multiple of 0.1.
    """
    return unit % 2.0**-20 == 0


def common_multiple(one: float, other: float) -> float:
    """The least positive number that is a whole multiple of both, exact for simple fractions."""
    if float(one).is_integer() and float(other).is_integer():
        return math.lcm(int(one), int(other))
    a, b = (Fraction(unit).limit_denominator(_FINEST) for unit in (one, other))
    whole = math.lcm(a.numerator * b.denominator, b.numerator * a.denominator)
    return float(Fraction(whole, a.denominator * b.denominator))


_FINEST = 10**9
