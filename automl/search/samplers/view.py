"""Lets a sampler draw from views of the study: copies in memory that say more, or say it better.

Most of Optuna's samplers learn from complete trials alone, so views show others as complete ones:
stopped trials with a predicted value, diverged ones, and those that did not fit into memory. One
view compresses outliers. Which sampler has which: :data:`automl.search.samplers.factory.VIEWS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

View = Callable[[Study], Study]
"""Returns what a sampler sees of a study: a copy with the same numbers, or the study itself."""


class ViewSampler(BaseSampler):  # type: ignore[misc]
    """Lets another sampler draw from what views show of the study."""

    def __init__(self, sampler: BaseSampler, views: Sequence[View]) -> None:
        """``sampler`` draws; ``views`` are applied one after the other."""
        self._sampler = sampler
        self._views = views

    def _view(self, study: Study) -> Study:
        for view in self._views:
            study = view(study)
        return study

    def infer_relative_search_space(
        self, study: Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that the sampler draws together."""
        found: dict[str, BaseDistribution] = self._sampler.infer_relative_search_space(
            self._view(study), trial
        )
        return found

    def sample_relative(
        self, study: Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the sampler's draw."""
        drawn: dict[str, Any] = self._sampler.sample_relative(
            self._view(study), trial, search_space
        )
        return drawn

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return the sampler's draw of one parameter."""
        return self._sampler.sample_independent(
            self._view(study), trial, param_name, param_distribution
        )
