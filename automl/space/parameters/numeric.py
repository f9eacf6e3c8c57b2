"""Searched numbers: a float or an integer in a range, linear or logarithmic, perhaps in steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from automl.skill.schema.numbers import is_finite
from automl.space.parameters.base import Lookup, Parameter
from automl.space.parameters.legal_grid import LegalGrid, narrow, tidy
from automl.space.suggest import Suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numeric(Parameter):
    """A number in [low, high]; ``step`` counts from low. ``avoid``: single values left out."""

    low: float
    high: float
    log: bool = False
    step: float | None = None
    avoid: tuple[float, ...] = ()

    whole: ClassVar[bool]

    def shape(self) -> dict[str, Any]:
        """The range's JSON fields."""
        return {
            "low": self.low,
            "high": self.high,
            "log": self.log,
            "step": self.step,
            "avoid": list(self.avoid),
        }

    def grid(self, lookup: Lookup) -> LegalGrid:
        """The legal values once the parents are drawn."""
        unit = self.step or (1 if self.whole else None)
        grid = LegalGrid(self.low, self.high, unit, self.log, self.avoid)
        parents = [lookup(relation.parent) for relation in self.relations]
        return narrow(grid, self.relations, parents, whole=self.whole)

    def _draw_relative(self, suggest: Suggest, lookup: Lookup) -> float:
        grid = self.grid(lookup)
        if grid.count == 0:
            raise self.fail(f"no value is left by {', '.join(map(str, self.relations))}")
        return grid.at(suggest.number(self.name, 0.0, 1.0))

    def _check_range(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise self.fail(f"needs finite low < high, has {self.low} .. {self.high}")
        if self.log and self.low <= 0:
            raise self.fail(f"a log scale needs low > 0, has {self.low}")
        rounding = 1e-9 * max(abs(self.low), abs(self.high))
        if self.step is not None and not 0 < self.step <= self.high - self.low + rounding:
            raise self.fail(f"the step {self.step} does not fit {self.low} .. {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Float(_Numeric):
    """A float in [low, high]; with a ``step`` on a linear grid, else perhaps in log scale."""

    kind: ClassVar[str] = "float"
    whole: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self._check_range()
        if self.log and self.step is not None:
            raise self.fail("a float has either a step or a log scale")

    def draw(self, suggest: Suggest, lookup: Lookup) -> float:
        """A float in [low, high], exactly."""
        if self.relations:
            return float(self._draw_relative(suggest, lookup))
        low, high, step = self.low, self.high, self.step
        value = suggest.number(self.name, low, high, log=self.log, step=step)
        if step is not None:
            value = tidy(float(low + round((value - low) / step) * step), step)
        value = float(low if value < low else high if value > high else value)
        if self.avoid and value in self.avoid:
            value = math.nextafter(value, high if value < high else low)
        return value

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The number itself; a fraction of the legal interval where a parent bounds it."""
        usable = is_finite(value)
        if self.relations:
            grid = self.grid(lookup)
            return {self.name: grid.fraction(value) if usable else 0.5}
        value = value if usable else _middle(self.low, self.high, self.log)
        value = min(max(value, self.low), self.high)
        if self.step is not None:
            value = self.low + round((value - self.low) / self.step) * self.step
        return {self.name: float(min(value, self.high))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Integer(_Numeric):
    """A whole number in [low, high], every ``step``-th from low.

    In log scale with a step the sampler suggests the number of steps; ``low`` and ``high`` must
    then be multiples of the step.
    """

    kind: ClassVar[str] = "int"
    whole: ClassVar[bool] = True

    low: int
    high: int
    step: int | None = None

    def __post_init__(self) -> None:
        self._check_range()
        if any(type(n) is not int for n in (self.low, self.high, self.step or 1)):
            raise self.fail("an integer needs whole low, high and step")
        step = self.step or 1
        if (self.high - self.low) % step:
            raise self.fail(f"high {self.high} is no whole number of steps of {step} above low")
        if self.log and self.low % step:
            raise self.fail(f"in log scale low {self.low} must be a multiple of the step {step}")

    def draw(self, suggest: Suggest, lookup: Lookup) -> int:
        """An int in [low, high]."""
        if self.relations:
            return int(self._draw_relative(suggest, lookup))
        step = self.step or 1
        if self.log and step > 1:
            low, high = self.low // step, self.high // step
            return step * int(suggest.integer(self.name, low, high, log=True))
        return int(suggest.integer(self.name, self.low, self.high, log=self.log, step=step))

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The number itself, or the number of steps or fraction that the sampler suggests."""
        usable = is_finite(value)
        if self.relations:
            return {self.name: self.grid(lookup).fraction(value) if usable else 0.5}
        value = value if usable else _middle(self.low, self.high, self.log)
        step = self.step or 1
        steps = round((min(max(value, self.low), self.high) - self.low) / step)
        number = self.low + steps * step
        return {self.name: number // step if self.log and step > 1 else number}


def _middle(low: float, high: float, log: bool) -> float:
    return math.sqrt(low) * math.sqrt(high) if log else low + (high - low) / 2
