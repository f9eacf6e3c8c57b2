"""CMA-ES (the package ``cmaes``) as an Optuna sampler without a state of its own.

For every draw it replays the finished trials, oldest first. So a resumed sweep draws what it would
have drawn anyway, and a user's own configurations and the trials of an earlier sweep count as well;
Optuna's own sampler keeps a pickle in the journal and learns from its own draws alone. It draws the
numbers that every trial has; another sampler draws choices and conditional parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
from optuna import Study
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.samplers import BaseSampler
from optuna.search_space import intersection_search_space
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from automl.search.samplers.delegating import DelegatingSampler
from automl.search.samplers.units import from_unit, to_unit

if TYPE_CHECKING:
    from cmaes import CMA

NUMERIC: Final = (FloatDistribution, IntDistribution)
FIRST_STEP: Final = 0.3  # of the unit cube's edge: a third, as CMA-ES's author advises

Array = npt.NDArray[np.float64]


class CmaSampler(DelegatingSampler):
    """Draws the numbers of a space from an evolving normal distribution over the unit cube."""

    def __init__(self, seed: int, others: BaseSampler) -> None:
        """Draw with ``seed`` (below 2**32); ``others`` draws choices and conditional parameters."""
        super().__init__(seed, others)

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
        point = replay(study, numbers, self._seed).ask()
        return {n: from_unit(d, float(u)) for (n, d), u in zip(numbers.items(), point, strict=True)}


def replay(study: Study, numbers: dict[str, BaseDistribution], seed: int) -> CMA:
    """Return the distribution after all finished trials, generation by generation.

    The first mean is the first finished trial, which in a sweep is the default configuration. A
    distribution that has converged or degenerated starts again, wide, about its mean.
    """
    trials = _finished(study)
    sign = -1.0 if study.direction == StudyDirection.MAXIMIZE else 1.0
    points = np.array([[to_unit(d, t.params[n]) for n, d in numbers.items()] for t in trials])
    values = [sign * _value(t) for t in trials]
    state = start(points[0], seed)
    size = state.population_size
    for first in range(0, len(trials) - size + 1, size):
        generation = slice(first, first + size)
        state.tell(list(zip(points[generation], values[generation], strict=True)))
        if _is_over(state):
            state = start(state.mean, seed)
    return state


def start(mean: Array, seed: int) -> CMA:
    """Return a round distribution about ``mean``, shape (d,), in the unit cube."""
    from cmaes import CMA  # which imports scipy.stats: only for those who use it

    cube = np.array([[0.0, 1.0]] * len(mean))
    return CMA(np.clip(mean, 0.0, 1.0), FIRST_STEP, bounds=cube, seed=seed)


def _is_over(state: CMA) -> bool:
    with np.errstate(divide="ignore", invalid="ignore"):  # of a covariance that is flat by now
        return bool(state.should_stop())


def _finished(study: Study) -> Sequence[FrozenTrial]:
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return sorted(trials, key=lambda t: (t.datetime_complete or datetime.max, t.number))


def _value(trial: FrozenTrial) -> float:
    return float(trial.value)
