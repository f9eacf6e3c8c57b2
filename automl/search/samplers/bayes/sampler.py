"""The sampler ``bayes``: a Gaussian process over the whole space, made for small budgets.

It keeps no state: what it draws depends on the study and the seed alone.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

import numpy as np
from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from automl.search.keys import VALUES, Key
from automl.search.samplers.bayes.cube import Cube
from automl.search.samplers.bayes.observations import observe
from automl.search.samplers.bayes.proposals import proposals
from automl.search.samplers.bayes.settings import SETTINGS, Settings
from automl.search.samplers.delegating import DelegatingSampler

PROPOSALS: Final = 400
"""Points that are compared with what was tried, before one of them is repeated."""


class BayesSampler(DelegatingSampler):
    """Draws all parameters of a configuration together."""

    def __init__(
        self, cube: Cube, seed: int, others: BaseSampler, settings: Settings = SETTINGS
    ) -> None:
        """Draw from ``cube`` with ``seed``; ``others`` draws what the cube does not know."""
        super().__init__(seed, others)
        self._cube = cube
        self._settings = settings

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return all parameters of the space."""
        return self._cube.distributions

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the most promising configuration that was not tried."""
        known = observe(study, self._cube, excluded=trial.number)
        rng = np.random.default_rng(self._seed)
        tried = self._tried(study)
        best = None
        for point in islice(proposals(self._cube, known, rng, self._settings), PROPOSALS):
            if self._cube.space.canonical(self._cube.values(point)) not in tried:
                return self._cube.params(point)
            best = point if best is None else best
        return {} if best is None else self._cube.params(best)

    def _tried(self, study: Study) -> set[Key]:
        known = (trial.user_attrs for trial in study.get_trials(deepcopy=False))
        return {self._cube.space.canonical(attrs[VALUES]) for attrs in known if VALUES in attrs}
