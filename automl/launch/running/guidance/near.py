"""Configurations near a known one, legal by construction: candidates of a search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from automl.space.suggest import Scalar

_STEP: Final = 0.1  # of a number's range, the deviation
_MOVED: Final = 0.5  # of the numbers
_CHANGED: Final = 0.1  # of the choices


class NearSuggest:
    """Suggests the answers of a known configuration, some of them a little off."""

    def __init__(self, answers: Mapping[str, Any], rng: np.random.Generator) -> None:
        """``answers``: those of :meth:`automl.space.Space.encode`; one that is missing is drawn."""
        self._answers = answers
        self._rng = rng

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Return a number near the known one."""
        ends = (math.log(low), math.log(high)) if log else (low, high)
        place = self._place(name, *ends, log=log)
        value = math.exp(place) if log else place
        if step is not None:
            value = low + round((value - low) / step) * step
        return min(max(value, low), high)

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Return a whole number near the known one."""
        if log:
            return min(max(round(self.number(name, low, high, log=True)), low), high)
        return round(self.number(name, low, high, step=step))

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Return the known option, seldom another one."""
        if name in self._answers and self._rng.random() >= _CHANGED:
            return self._answers[name]
        return choices[int(self._rng.integers(len(choices)))]

    def _place(self, name: str, low: float, high: float, *, log: bool) -> float:
        if name not in self._answers:
            return float(self._rng.uniform(low, high))
        known = float(self._answers[name])
        place = math.log(known) if log else known
        if self._rng.random() < _MOVED:
            place += float(self._rng.normal()) * _STEP * (high - low)
        return min(max(place, low), high)
