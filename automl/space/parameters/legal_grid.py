"""The legal values of a number once its parents are drawn, addressed by a fraction in [0, 1].

A parameter whose legal interval moves with its parents asks the sampler for a fraction of that
interval, never for the value: the sampler then sees one unchanging distribution (Optuna's Gaussian
process and TPE both assume that), and every answer is legal by construction.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass

from automl.skill.schema.numbers import is_finite
from automl.skill.schema.relation import MULTIPLE, Relation, common_multiple, is_multiple

_Pair = tuple[Relation, float]


@dataclass(frozen=True, slots=True)
class LegalGrid:
    """Numbers in [low, high]; with ``unit`` only ``low + k * unit``. ``avoid``: left out."""

    low: float
    high: float
    unit: float | None = None
    log: bool = False
    avoid: tuple[float, ...] = ()

    @property
    def count(self) -> float:
        """How many legal values there are; infinite for an interval."""
        avoided = {value for value in self.avoid if self._is_member(value)}
        return self._size - len(avoided)

    @property
    def _size(self) -> float:
        if self.low > self.high:
            return 0
        if self.unit is None:
            return math.inf if self.low < self.high else 1
        return math.floor((self.high - self.low) / self.unit + 1e-9) + 1

    def _is_member(self, value: float) -> bool:
        inside = self.low <= value <= self.high
        return inside and (self.unit is None or is_multiple(value - self.low, self.unit))

    def at(self, fraction: float) -> float:
        """The value at a fraction of the way from low to high."""
        if self.unit is None:
            return self._next_allowed(self._between(fraction, self.low, self.high))
        half = self.unit / 2
        if self.log and self.low > half:
            raw = self._between(fraction, self.low - half, self.high + half)
            index = round((raw - self.low) / self.unit)
        else:
            index = int(fraction * self._size)
        return self._next_allowed(self._value(min(max(index, 0), int(self._size) - 1)))

    def fraction(self, value: float) -> float:
        """A fraction at which :meth:`at` returns ``value``, or the nearest value there is."""
        value = min(max(value, self.low), self.high)
        if self.unit is None:
            return self._position(value, self.low, self.high)
        index = round((value - self.low) / self.unit)
        half = self.unit / 2
        if self.log and self.low > half:
            return self._position(self._value(index), self.low - half, self.high + half)
        return min((index + 0.5) / self._size, 1.0)

    def _value(self, index: int) -> float:
        assert self.unit is not None
        return tidy(self.low + index * self.unit, self.unit)

    def _between(self, fraction: float, low: float, high: float) -> float:
        if self.log and low > 0:
            value = low * math.pow(high / low, fraction)
        else:
            value = low + fraction * (high - low)
        return min(max(value, low), high)

    def _position(self, value: float, low: float, high: float) -> float:
        if high <= low:
            return 0.5
        if self.log and low > 0:
            found = math.log(value / low) / math.log(high / low)
        else:
            found = (value - low) / (high - low)
        return min(max(found, 0.0), 1.0)

    def _next_allowed(self, value: float) -> float:
        """``value``, or its nearest neighbour if it is excluded."""
        while value in self.avoid:
            up = value + self.unit if self.unit else math.nextafter(value, math.inf)
            down = value - self.unit if self.unit else math.nextafter(value, -math.inf)
            value = up if up <= self.high else self.low if down < self.low else down
        return value


def tidy(value: float, unit: float) -> float:
    """``value`` without the rounding error of counting in steps of ``unit``; ints stay ints."""
    if isinstance(value, int):
        return value
    digits = 12 - math.floor(math.log10(max(abs(unit), abs(value), 1e-300)))
    return round(value, min(digits, 300))


def narrow(
    grid: LegalGrid, relations: Iterable[Relation], parents: Iterable[object], *, whole: bool
) -> LegalGrid:
    """Cut ``grid`` by the parents' values; a parent without a number is ignored."""
    low, high, unit, avoid = grid.low, grid.high, grid.unit, list(grid.avoid)
    for relation, value in _with_numbers(relations, parents):
        bound = value / relation.divisor if relation.divisor != 1 else value
        if relation.op == MULTIPLE and value == 0:
            low, high = max(low, 0), min(high, 0)
        elif relation.op == MULTIPLE:
            unit = _common_unit(unit, value, whole=whole)
        elif relation.op == "!=":
            avoid.append(bound)
        else:
            low, high = _cut(relation.op, bound, low, high, whole=whole)
    if unit is not None:
        low = _first(low, grid, unit, moved=unit != grid.unit)
    return LegalGrid(low, high, unit, grid.log, tuple(avoid))


def _with_numbers(relations: Iterable[Relation], parents: Iterable[object]) -> list[_Pair]:
    return [
        (relation, value)
        for relation, value in zip(relations, parents, strict=True)
        if is_finite(value)
    ]


def _cut(op: str, bound: float, low: float, high: float, *, whole: bool) -> tuple[float, float]:
    if op in (">", ">=", "=="):
        low = max(low, _least_above(bound, strict=op == ">", whole=whole))
    if op in ("<", "<=", "=="):
        high = min(high, -_least_above(-bound, strict=op == "<", whole=whole))
    return low, high


def _least_above(bound: float, *, strict: bool, whole: bool) -> float:
    """The least number at or (strict) above ``bound``."""
    if whole:
        return math.floor(bound) + 1 if strict else math.ceil(bound)
    return math.nextafter(bound, math.inf) if strict else bound


def _common_unit(unit: float | None, multiple: float, *, whole: bool) -> float:
    """The unit of numbers that are multiples of both (and whole)."""
    parts = [part for part in (unit, 1 if whole else None) if part is not None]
    return functools.reduce(common_multiple, parts, abs(multiple))


def _first(low: float, grid: LegalGrid, unit: float, *, moved: bool) -> float:
    """The first grid point at or above ``low``: counted from 0 if a parent gave the unit."""
    origin = 0 if moved else grid.low
    steps = math.ceil((low - origin) / unit - 1e-9)
    return tidy(origin + steps * unit, unit)
