"""The legal values of a number: an interval, a grid, excluded points, powers of a base."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from automl.skill.schema.relation import common_multiple, is_multiple

MAX_EXPONENT = 64
"""Powers are looked for up to this exponent, and down to its negative."""

Complain = Callable[[str, str], None]
"""Takes a keyword and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Legal values of a number. A missing or infinite end is None.

    ``low_open``/``high_open``: the end itself is not legal. ``multiple_of``: legal are whole
    multiples of it. ``excluded``: single illegal values. ``power_of``: ``power_of ** k`` for a
    whole ``k``.
    """

    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False
    multiple_of: float | None = None
    excluded: tuple[float, ...] = ()
    power_of: float | None = None

    @property
    def unbounded(self) -> bool:
        """Whether an end is missing."""
        return self.low is None or self.high is None

    @property
    def empty(self) -> bool:
        """Whether the interval holds no value at all."""
        if self.low is None or self.high is None:
            return False
        return self.low > self.high or (self.low == self.high and (self.low_open or self.high_open))

    def holds(self, value: float) -> bool:
        """Whether ``value`` is legal."""
        return self._inside(value) and self._on_grid(value) and value not in self.excluded

    def _inside(self, value: float) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        return not (
            self.high is not None and (value > self.high or (self.high_open and value == self.high))
        )

    def _on_grid(self, value: float) -> bool:
        if self.multiple_of is not None and not is_multiple(value, self.multiple_of):
            return False
        return self.power_of is None or is_power(value, self.power_of)

    def at_least(self, value: float, *, strict: bool = False) -> Bounds:
        """These bounds and ``>= value`` (``> value`` if strict)."""
        if self.low is not None and (value, strict) <= (self.low, self.low_open):
            return self
        return replace(self, low=value, low_open=strict)

    def at_most(self, value: float, *, strict: bool = False) -> Bounds:
        """These bounds and ``<= value`` (``< value`` if strict)."""
        if self.high is not None and (-value, strict) <= (-self.high, self.high_open):
            return self
        return replace(self, high=value, high_open=strict)

    def multiple(self, unit: float) -> Bounds:
        """These bounds and "a multiple of unit"."""
        old = self.multiple_of
        return replace(self, multiple_of=unit if old is None else common_multiple(old, unit))

    def without(self, value: float) -> Bounds:
        """These bounds less one value."""
        return replace(self, excluded=(*self.excluded, value))

    def constrained(self, op: str, operand: float) -> Bounds:
        """These bounds and one clause of a ``math_cond``; ValueError if it makes no sense."""
        if op in ("/", "^"):
            return self._on_grid_of(op, operand)
        return {
            ">": lambda: self.at_least(operand, strict=True),
            ">=": lambda: self.at_least(operand),
            "<": lambda: self.at_most(operand, strict=True),
            "<=": lambda: self.at_most(operand),
            "==": lambda: self.at_least(operand).at_most(operand),
            "!=": lambda: self.without(operand),
        }[op]()

    def _on_grid_of(self, op: str, operand: float) -> Bounds:
        if op == "/" and operand > 0:
            return self.multiple(operand)
        if op == "^" and operand > 1:
            return replace(self, power_of=operand)
        raise ValueError(f"'{op} {operand:g}' makes no sense: the number is too small")


def is_power(value: float, base: float) -> bool:
    """Whether ``value`` is ``base ** k`` for a whole k (k may be negative or zero)."""
    if value <= 0:
        return False
    exponent = round(math.log(value) / math.log(base))
    return abs(exponent) <= MAX_EXPONENT and math.isclose(value, base**exponent, rel_tol=1e-9)


def read_number(value: Any) -> float | None:
    """Read a bound: None where missing, null or blank; ValueError for NaN or another type.

    Infinities are returned: the caller decides whether such an end is open.
    """
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be a number, is {value!r}")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise ValueError(f"must be a number, is {value!r}") from None
    if math.isnan(number):
        raise ValueError("is NaN, which bounds nothing")
    return value if isinstance(value, int) else number


def read_bounds(node: Mapping[str, Any], complain: Complain) -> Bounds:
    """Read the scalar bounds of a node; reports and skips an unusable one."""
    bounds = Bounds()
    for keyword, (op, open_end, legacy) in _KEYWORDS.items():
        value = node.get(keyword)
        if (
            value is True and legacy is not None
        ):  # JSON Schema draft 4 writes `exclusiveMinimum: true`
            value = node.get(legacy)
        elif isinstance(value, list) or value is False:
            continue
        try:
            number = read_number(value)
            if number is None or number == open_end:
                continue
            bounds = _with_bound(bounds, op, number)
        except ValueError as exc:
            complain(keyword, str(exc))
    return bounds


def _with_bound(bounds: Bounds, op: str, number: float) -> Bounds:
    if math.isinf(number):
        raise ValueError(f"is {number}, which leaves no legal value")
    return bounds.constrained(op, number)


_KEYWORDS: dict[str, tuple[str, float | None, str | None]] = {
    "minimum": (">=", -math.inf, None),
    "maximum": ("<=", math.inf, None),
    "exclusiveMinimum": (">", -math.inf, "minimum"),
    "exclusiveMaximum": ("<", math.inf, "maximum"),
    "multipleOf": ("/", None, None),
}
