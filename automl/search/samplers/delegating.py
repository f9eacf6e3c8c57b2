"""A sampler that delegates the parameters that it does not draw itself to another one."""

from __future__ import annotations

from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial


class DelegatingSampler(BaseSampler):  # type: ignore[misc]
    """Draws some parameters together, and delegates each of the others to ``others``."""

    def __init__(self, seed: int, others: BaseSampler) -> None:
        """Draw with ``seed``."""
        self._seed = seed
        self._others = others

    def sample_independent(
        self,
        study: Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a draw of the other sampler."""
        return self._others.sample_independent(study, trial, param_name, param_distribution)
