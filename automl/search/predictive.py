"""Stops a trial once its curve leaves it hardly a chance to become the best: ``--scheduler auto``.

Rungs compare trials at one epoch, so that those that learn fast win. Here the completed curves say
how much a trial still gains from there on, and how unsure that is (:mod:`automl.search.curves`):
where curves cross, the prediction is unsure and trials go on; where they do not, poor ones end
soon. As long as fewer than :data:`LEAST` trials ran to their last epoch none is stopped. At least a
third of the trials run all their epochs, whatever is predicted: if only those that look good did,
nobody would see a trial that looks bad and ends well, as with a high plateau before the learning
rate drops.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from automl.search.curves import expected_ending, running_best
from automl.search.scheduler import CHANCE

LEAST: Final = 3
"""How many trials run all their epochs before one is stopped."""
WHOLE: Final = 1 / 3
"""At least this share of the judged trials run to their end, whatever is predicted of them."""


class PredictiveStop:
    """Decides epoch by epoch whether a trial goes on, from the reports and their order alone."""

    def __init__(self, epochs: int, grace: int) -> None:
        """Make the rule of a sweep without trials.

        Args:
            epochs: of a trial that runs to its end.
            grace: the first epoch after which a trial may be stopped.
        """
        self._epochs = epochs
        self._grace = grace
        self._curves: dict[int, dict[int, float]] = {}
        self._completed = np.empty((0, epochs))
        self._stopped: set[int] = set()
        self._controls: set[int] = set()  # they run on, to see whether the predictions hold

    def goes_on(self, number: int, epoch: int, cost: float) -> bool:
        """Return whether trial ``number`` goes on after ``epoch``, where it had ``cost``."""
        curve = self._curves.setdefault(number, {})
        curve[epoch] = cost
        if epoch < self._epochs:
            spared = number in self._controls or self._has_a_chance(curve, epoch)
            return spared or self._becomes_control(number)
        self._controls.discard(number)
        self._stopped.discard(number)
        whole = running_best(self._curves.pop(number), self._epochs)
        if np.isfinite(whole[-1]):
            self._completed = np.vstack([self._completed, whole])
        return True

    def _becomes_control(self, number: int) -> bool:
        """Whether a trial without a chance goes on all the same; else it counts as stopped."""
        whole = len(self._completed) + len(self._controls)
        if whole < WHOLE * (whole + len(self._stopped - {number}) + 1):
            self._controls.add(number)
            return True
        self._stopped.add(number)
        return False

    def _has_a_chance(self, curve: dict[int, float], epoch: int) -> bool:
        if epoch < self._grace or len(self._completed) < LEAST:
            return True
        best, costs = self._completed[:, -1].min(), running_best(curve, self._epochs)
        ending = expected_ending(costs, epoch, self._completed)
        if ending is None or costs[epoch - 1] <= best:
            return True
        return ending.chance_below(float(best)) >= CHANCE
