"""Where a number of an Optuna distribution lies between its ends, on its log scale if it has one.

A stepped value owns half a step on either side, so that all steps are equally wide.
"""

from __future__ import annotations

import math

from optuna.distributions import BaseDistribution, IntDistribution


def to_unit(distribution: BaseDistribution, value: float) -> float:
    """Return where ``value`` lies between the distribution's ends, 0..1."""
    low, high = ends(distribution)
    return (_scaled(distribution, value) - low) / (high - low)


def from_unit(distribution: BaseDistribution, unit: float) -> float:
    """Return the distribution's value at ``unit`` (0..1), on its steps and inside its ends."""
    low, high = ends(distribution)
    value = low + unit * (high - low)
    value = math.exp(value) if distribution.log else value
    if distribution.step is not None:
        value = distribution.low + round((value - distribution.low) / distribution.step) * (
            distribution.step
        )
    value = float(min(max(value, distribution.low), distribution.high))
    return int(value) if isinstance(distribution, IntDistribution) else value


def ends(distribution: BaseDistribution) -> tuple[float, float]:
    """Return the scaled ends; a stepped value owns half a step on either side."""
    half = (distribution.step or 0.0) / 2
    low, high = distribution.low - half, distribution.high + half
    return _scaled(distribution, low), _scaled(distribution, high)


def _scaled(distribution: BaseDistribution, value: float) -> float:
    return math.log(value) if distribution.log else float(value)
