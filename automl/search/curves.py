"""Predicts where the curve of a trial ends, or would have ended had it not been stopped.

A curve is the running minimum of the cost. The gain that is left is predicted from the current cost
and the recent gain by a Bayesian linear regression over the completed trials, seen at the same
epoch. Its prior: a curve gains as much as the others did from there on, and more by as much as its
recent gain is above theirs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from automl.search.learnable import learnable

Array = npt.NDArray[np.float64]

_FREEDOM: Final = 3.0  # noise prior: its weight, in curves
_SHARE: Final = 0.4  # noise prior: its sd, as a share of the typical gain at that epoch
_SLOPES: Final = np.array([0.0, 1.0])  # prior mean of the slopes: current cost, recent gain
_WIDTH: Final = np.array([1.0, 2.0])  # prior sd of the slopes, in noise sds
_SMALLEST: Final = 1e-12  # below it costs are equal


@dataclass(frozen=True)
class CurveEnd:
    """Where a curve is expected to end, as a cost, and how unsure that is (standard deviation)."""

    mean: float
    sd: float

    def chance_below(self, cost: float) -> float:
        """Return the probability that it ends below ``cost``."""
        return 0.5 * math.erfc((self.mean - cost) / (self.sd * math.sqrt(2)))


def running_best(curve: Mapping[int, float], epochs: int) -> Array:
    """Return the lowest cost up to each of ``epochs`` epochs, shape (epochs,).

    It is NaN before the first cost that is a number; huge ones are compressed logarithmically,
    so that they add up.

    Args:
        curve: epoch (from 1 on) -> cost.
        epochs: of a trial that runs to its end.
    """
    found = np.full(epochs, np.nan)
    for epoch, cost in curve.items():
        known = learnable(cost)
        if known is not None and 1 <= epoch <= epochs:
            found[epoch - 1] = known
    best: Array = np.fmin.accumulate(found)
    return best


def expected_ending(curve: Array, epoch: int, completed: Array) -> CurveEnd | None:
    """Return where a curve ends, None where no completed trial had a value by then.

    Args:
        curve: as :func:`running_best` returns it; what it holds after ``epoch`` is not read.
        epoch: the last one that is known.
        completed: curves of trials that ran to their last epoch, shape (trials, epochs).
    """
    now, before = epoch - 1, max(0, epoch // 2 - 1)
    known = completed[np.isfinite(completed[:, [before, now, -1]]).all(1)]
    if not len(known) or not np.isfinite(curve[[before, now]]).all():
        return None
    points = _features(known, before, now)
    gains = known[:, now] - known[:, -1]
    return _predict(points, gains, _features(curve[None], before, now)[0], curve[now])


def _features(curves: Array, before: int, now: int) -> Array:
    """What an ending is regressed from: where a curve stands, and its recent gain."""
    return np.stack([curves[:, now], curves[:, before] - curves[:, now]], axis=1)


def _predict(points: Array, gains: Array, point: Array, cost: float) -> CurveEnd:
    """The posterior of a normal-inverse-gamma regression of the gain that is left.

    Its priors are in units of the typical gain at that epoch: it is unsure early, sure late.
    """
    count, centre, mean = len(points), points.mean(0), float(gains.mean())
    unit = max(mean, float(point[1]), float(centre[1]), _SMALLEST)
    spread = float(np.append(points[:, 0], point[0]).std())
    scales = np.array([max(spread, _SMALLEST), unit])
    design, off = (points - centre) / scales, (point - centre) / scales
    left = gains - mean - unit * design @ _SLOPES
    precision = design.T @ design + np.diag(1 / _WIDTH**2)
    slopes = np.linalg.solve(precision, design.T @ left)
    missed = max(0.0, float(left @ left - slopes @ precision @ slopes))
    variance = (_FREEDOM * (_SHARE * unit) ** 2 + missed) / (_FREEDOM + count)
    variance *= 1 + 1 / count + float(off @ np.linalg.solve(precision, off))
    gain = max(0.0, mean + float(off @ (slopes + unit * _SLOPES)))
    return CurveEnd(float(cost) - gain, math.sqrt(variance))
