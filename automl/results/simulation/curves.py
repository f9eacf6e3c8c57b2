"""How a trial's value rises epoch by epoch: one shared shape, scaled to what the trial reaches.

At each epoch the value is a straight line of the final value, fitted to the finished trials: the
same for all trials at its start, the final value itself at its end. What the line misses is drawn
from the recorded trials, a whole trial's at once, since its epochs miss alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from automl.results.simulation.records import RecordedTraining
from automl.results.simulation.space_encoder import Array

_LEAST_SLOPE: Final = 0.2  # a flatter line says next to nothing of where a trial would have ended
_LEAST_TRIALS: Final = 4  # with the same epochs, for a line


@dataclass(frozen=True)
class Curves:
    """The learning curves of a run's trials.

    Attributes:
        epochs: those that report a value, rising; the last one ends a trial.
        starts: and slopes: of each epoch's line of the final value.
        misses: one row per recorded trial: what its epochs differ from their lines.
    """

    epochs: tuple[int, ...]
    starts: Array
    slopes: Array
    misses: Array

    def draw(self, final: float, rng: np.random.Generator) -> Array:
        """Return the values of a trial that reaches ``final``, one for each epoch."""
        missed = self.misses[rng.integers(len(self.misses))]
        found: Array = self.starts + self.slopes * final + missed
        found[-1] = final
        return found

    def final(self, curve: Mapping[int, float]) -> tuple[float, float] | None:
        """Return where a trial that was stopped would have ended, and how unsure that is.

        None where its last epoch says too little.
        """
        known = [place for place, epoch in enumerate(self.epochs) if epoch in curve]
        if not known or self.slopes[known[-1]] < _LEAST_SLOPE:
            return None
        last = known[-1]
        slope = self.slopes[last]
        spread = float(np.std(self.misses[:, last]))
        return float((curve[self.epochs[last]] - self.starts[last]) / slope), spread / slope


def fit_curves(records: Sequence[RecordedTraining]) -> Curves:
    """Return the curves of the finished ones of some records, of which there is at least one.

    Where too few have the same epochs, trials report their end alone.
    """
    finished = [each for each in records if each.finished]
    budget = Counter(each.epochs for each in finished).most_common(1)[0][0]
    whole = [each for each in finished if each.epochs == budget]
    shared = set.intersection(*(set(each.curve) for each in whole))
    epochs = tuple(sorted(shared | {budget}))
    if len(whole) < _LEAST_TRIALS or budget not in shared:
        return Curves((budget,), np.zeros(1), np.ones(1), np.zeros((1, 1)))
    finals = np.array([each.value for each in whole], dtype=float)
    values = np.array([[each.curve[epoch] for epoch in epochs] for each in whole])
    slopes = _slopes(finals, values)
    starts = values.mean(0) - slopes * finals.mean()
    return Curves(epochs, starts, slopes, values - starts - np.outer(finals, slopes))


def _slopes(finals: Array, values: Array) -> Array:
    """The slope of each epoch's line, 0..1: an epoch is no more spread than the ends are."""
    off = finals - finals.mean()
    total = float(off @ off)
    if total == 0.0:
        return np.ones(values.shape[1])
    slopes: Array = np.clip(off @ (values - values.mean(0)) / total, 0.0, 1.0)
    return slopes
