"""CMA-ES as an Optuna sampler that computes its state afresh from the trials told so far.

Optuna's own sampler keeps a pickle of its state in the journal and needs another package; this one
replays the finished trials, oldest first, so that a sweep taken up again, a configuration given by
the user and the trials of an earlier sweep all count alike. Numbers that every trial has are drawn
together; choices and conditional parameters by another sampler.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.search_space import intersection_search_space
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from automl.search.cma_es import Cma, generation_size

NUMERIC: Final = (FloatDistribution, IntDistribution)


class CmaSampler(BaseSampler):  # type: ignore[misc]
    """Draws the numbers of a space from an evolving normal distribution over the unit cube."""

    def __init__(self, seed: int, others: BaseSampler) -> None:
        """``others`` draws what is no number or not in every trial."""
        self._rng = np.random.default_rng(seed)
        self._others = others

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the numbers that every finished trial has."""
        shared = intersection_search_space(_finished(study))
        return {name: d for name, d in shared.items() if isinstance(d, NUMERIC) and not d.single()}

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return one draw of the numbers."""
        numbers = {n: d for n, d in search_space.items() if isinstance(d, NUMERIC)}
        if not numbers:
            return {}
        point = replay(study, numbers).sample(self._rng)
        return {n: from_unit(d, float(u)) for (n, d), u in zip(numbers.items(), point, strict=True)}

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a draw of the other sampler."""
        return self._others.sample_independent(study, trial, param_name, param_distribution)


def replay(study: Study, numbers: dict[str, BaseDistribution]) -> Cma:
    """Return the distribution after all finished trials, generation by generation.

    The first mean is the first finished trial, which in a sweep is the default configuration.
    """
    trials = _finished(study)
    sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
    points = np.array([[to_unit(d, t.params[n]) for n, d in numbers.items()] for t in trials])
    values = np.array([sign * _value(t) for t in trials])
    state = Cma.start(points[0])
    size = generation_size(len(numbers))
    for first in range(0, len(trials) - size + 1, size):
        state = state.tell(points[first : first + size], values[first : first + size])
    return state


def to_unit(distribution: BaseDistribution, value: float) -> float:
    """Return where ``value`` lies between the distribution's ends, 0..1."""
    low, high = _ends(distribution)
    return (_scaled(distribution, value) - low) / (high - low)


def from_unit(distribution: BaseDistribution, unit: float) -> float:
    """Return the distribution's value at ``unit`` (0..1), on its steps and inside its ends."""
    low, high = _ends(distribution)
    value = low + unit * (high - low)
    value = math.exp(value) if distribution.log else value
    if distribution.step is not None:
        value = distribution.low + round((value - distribution.low) / distribution.step) * (
            distribution.step
        )
    value = float(min(max(value, distribution.low), distribution.high))
    return int(value) if isinstance(distribution, IntDistribution) else value


def _ends(distribution: BaseDistribution) -> tuple[float, float]:
    """The scaled ends; a stepped value owns half a step on either side."""
    half = (distribution.step or 0.0) / 2
    low, high = distribution.low - half, distribution.high + half
    return _scaled(distribution, low), _scaled(distribution, high)


def _scaled(distribution: BaseDistribution, value: float) -> float:
    return math.log(value) if distribution.log else float(value)


def _finished(study: Study) -> Sequence[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return sorted(trials, key=lambda t: (t.datetime_complete or datetime.max, t.number))


def _value(trial: FrozenTrial) -> float:
    return float(trial.value)
