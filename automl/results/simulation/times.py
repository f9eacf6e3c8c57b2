"""How long a trial's epoch takes: a ridge regression of its logarithm on the parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from automl.results.simulation.records import RecordedTraining
from automl.results.simulation.space_encoder import Array

_STRENGTHS: Final = (0.1, 1.0, 10.0, 100.0, 1e9)  # the last one: parameters say nothing
_LEAST_SECONDS: Final = 1e-3


@dataclass(frozen=True)
class Times:
    """The seconds of an epoch: ``centre`` and ``slopes`` of their logarithm, what these miss."""

    mean: Array
    centre: float
    slopes: Array
    misses: Array

    def draw(self, points: Array, rng: np.random.Generator) -> Array:
        """Return the seconds of an epoch of each configuration."""
        expected = self.centre + (points - self.mean) @ self.slopes
        low, high = self.misses.min(), self.misses.max()
        bounded = np.clip(expected, self.centre - 3 + low, self.centre + 3 + high)
        found: Array = np.exp(bounded + rng.choice(self.misses, len(points)))
        return found


def fit_times(records: Sequence[RecordedTraining], points: Array) -> Times:
    """Return the times of some records, at their points of the cube.

    How far the parameters are trusted is what predicts each trial best from the others
    (Allen's PRESS, Technometrics 1974).
    """
    known = [place for place, each in enumerate(records) if each.epochs and each.seconds > 0]
    if not known:
        return Times(np.zeros(points.shape[1]), 0.0, np.zeros(points.shape[1]), np.zeros(1))
    seconds = [max(records[p].seconds / records[p].epochs, _LEAST_SECONDS) for p in known]
    logs, rows = np.log(seconds), points[known]
    mean, centre = rows.mean(0), float(logs.mean())
    slopes = min((_ridge(rows - mean, logs - centre, s) for s in _STRENGTHS), key=_error)[1]
    misses = logs - centre - (rows - mean) @ slopes
    return Times(mean, centre, slopes, misses)


def _error(found: tuple[float, Array]) -> float:
    return found[0]


def _ridge(rows: Array, logs: Array, strength: float) -> tuple[float, Array]:
    """The squared error of predicting each row from the others, and the slopes."""
    solved = np.linalg.solve(rows.T @ rows + strength * np.eye(rows.shape[1]), rows.T)
    influence = np.einsum("ij,ji->i", rows, solved) + 1 / len(rows)
    slopes: Array = solved @ logs
    left = (logs - rows @ slopes) / np.maximum(1 - influence, 1e-3)
    return float(left @ left), slopes
