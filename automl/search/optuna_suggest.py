"""Draws the values of a space from Optuna's define-by-run suggestions.

Optuna's samplers have no prior weights for a choice, so a weighted choice becomes a number in
[0, 1] that the cumulated weights map to an option: a uniform draw then follows the weights.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

Scalar = str | int | float | bool | None


class OptunaSuggest:
    """Suggests the values of a space from an Optuna trial."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Return a float in [low, high]."""
        return float(self._trial.suggest_float(name, low, high, log=log, step=step))

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Return an integer in [low, high]."""
        return int(self._trial.suggest_int(name, low, high, log=log, step=step))

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Return one of ``choices``."""
        if weights is None:
            return self._trial.suggest_categorical(name, list(choices))
        cumulated = _cumulated(weights)
        quantile = self._trial.suggest_float(name, 0.0, 1.0)
        return choices[min(bisect_right(cumulated, quantile), len(choices) - 1)]


class OptunaAnswers:
    """Replays known answers and collects them as Optuna parameters and distributions.

    Attributes:
        params: suggestion name -> the value in Optuna's terms.
        distributions: suggestion name -> the distribution that Optuna would draw it from.
    """

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers
        self.params: dict[str, Any] = {}
        self.distributions: dict[str, BaseDistribution] = {}

    @property
    def numbers(self) -> list[str]:
        """The names that are drawn as numbers."""
        choices = CategoricalDistribution
        return [name for name, d in self.distributions.items() if not isinstance(d, choices)]

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Return the known answer."""
        value = float(self._answers[name])
        self._note(name, value, FloatDistribution(low, high, log=log, step=step))
        return value

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Return the known answer."""
        value = int(self._answers[name])
        self._note(name, value, IntDistribution(low, high, log=log, step=step))
        return value

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Return the known answer."""
        value = self._answers[name]
        if weights is None:
            self._note(name, value, CategoricalDistribution(tuple(choices)))
            return value
        edges = [0.0, *_cumulated(weights)]
        index = choices.index(value)
        self._note(name, (edges[index] + edges[index + 1]) / 2, FloatDistribution(0.0, 1.0))
        return value

    def _note(self, name: str, value: Any, distribution: BaseDistribution) -> None:
        self.params[name] = value
        self.distributions[name] = distribution


def _cumulated(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [value / total for value in accumulate(weights)]
