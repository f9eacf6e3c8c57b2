"""The steps of a cube's numbers, for many points at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from optuna.distributions import BaseDistribution

from automl.search.samplers.units import ends

Array = npt.NDArray[np.float64]


class Scale:
    """Rounds points of a unit cube to the steps of its numbers."""

    def __init__(
        self, distributions: Sequence[BaseDistribution], choices: npt.NDArray[np.bool_]
    ) -> None:
        """``choices``: which axes are no numbers."""
        stepped = [
            not choice and d.step is not None
            for d, choice in zip(distributions, choices, strict=True)
        ]
        self.stepped = np.flatnonzero(stepped)
        found = [distributions[int(index)] for index in self.stepped]
        self._log = np.array([d.log for d in found], dtype=bool)
        self._low = np.array([float(d.low) for d in found])
        self._high = np.array([float(d.high) for d in found])
        self._step = np.array([float(d.step) for d in found])
        scaled = np.array([ends(d) for d in found]).reshape(-1, 2)
        self._first, self._width = scaled[:, 0], scaled[:, 1] - scaled[:, 0]
        self.least_move = np.zeros(len(distributions))
        """How far one step is on each axis; 0 where a number has none, or is logarithmic."""
        even = ~self._log
        self.least_move[self.stepped[even]] = 1.2 * (self._step / self._width)[even]

    def snap(self, points: Array) -> Array:
        """Return points (m, d) on the steps."""
        snapped = points.copy()
        if self.stepped.size == 0:
            return snapped
        scaled = self._first + points[:, self.stepped] * self._width
        numbers = np.where(self._log, np.exp(np.where(self._log, scaled, 0.0)), scaled)
        steps = np.rint((numbers - self._low) / self._step)
        numbers = np.clip(self._low + steps * self._step, self._low, self._high)
        scaled = np.where(self._log, np.log(np.where(self._log, numbers, math.e)), numbers)
        snapped[:, self.stepped] = (scaled - self._first) / self._width
        return snapped
