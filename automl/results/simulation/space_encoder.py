"""Configurations of a space as points of a unit cube, for models that learn from numbers.

A number is its place in its range, in log scale where it is searched so; a choice is one column for
each option. A parameter that does not exist under the values of others is in the middle of its
range: the choice that switches it off tells such configurations apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from automl.space import Space
from automl.space.suggest import FixedSuggest, RandomSuggest, Scalar

Array = NDArray[np.float64]

_SAMPLES: Final = 100  # draws that show which columns there are
_MIDDLE: Final = 0.5


class _Places(FixedSuggest):
    """Replays known answers and notes the place of each in its range."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        super().__init__(answers)
        self.places: dict[str, float] = {}
        self.options: dict[str, float] = {}

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Return the known answer."""
        value = super().number(name, low, high, log=log, step=step)
        self.places[name] = _place(value, low, high, log)
        return value

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Return the known answer."""
        value = super().integer(name, low, high, log=log, step=step)
        self.places[name] = _place(value, low, high, log)
        return value

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Return the known answer."""
        value = super().choice(name, choices, weights)
        for option in choices:
            self.options[f"{name}={option!r}"] = float(_same(option, value))
        return value


class SpaceEncoder:
    """Encodes configurations of one space.

    Attributes:
        columns: what each coordinate stands for.
    """

    def __init__(self, space: Space, base: Mapping[str, Any]) -> None:
        """``base``: the resolved spec that holds every value that is not searched."""
        self._space = space
        self._base = base
        drawn = [self._places(draw) for draw in self.draws(_SAMPLES, seed=0)]
        numbers = dict.fromkeys(name for each in drawn for name in each.places)
        options = dict.fromkeys(name for each in drawn for name in each.options)
        self._absent = {**dict.fromkeys(numbers, _MIDDLE), **dict.fromkeys(options, 0.0)}
        self.columns = tuple(self._absent)

    def draws(self, count: int, seed: int) -> list[dict[str, Any]]:
        """Return configurations that are drawn by chance."""
        suggest = RandomSuggest(seed)
        return [self._space.draw(suggest, self._base) for _ in range(count)]

    def points(self, configurations: Sequence[Mapping[str, Any]]) -> Array:
        """Return one row for each configuration (dotted name -> value)."""
        rows = [self._row(values) for values in configurations]
        return np.array(rows, dtype=float).reshape(len(rows), len(self.columns))

    def _row(self, values: Mapping[str, Any]) -> list[float]:
        found = self._places(values)
        known = {**self._absent, **found.places, **found.options}
        return [known[name] for name in self.columns]

    def _places(self, values: Mapping[str, Any]) -> _Places:
        places = _Places(self._space.encode(values, self._base))
        self._space.draw(places, self._base)
        return places


def _place(value: float, low: float, high: float, log: bool) -> float:
    if high <= low:
        return _MIDDLE
    if log:
        value, low, high = math.log(value), math.log(low), math.log(high)
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _same(option: Scalar, value: Any) -> bool:
    """Whether a value is an option: 1 and True are two of them."""
    return type(option) is type(value) and option == value
