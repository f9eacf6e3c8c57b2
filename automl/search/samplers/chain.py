"""Draws by the first of several samplers that does not fail.

A sampler's exception makes one suggestion worse but does not end the sweep: the next sampler takes
over the same Optuna trial. What fails depends on the study and the seed alone, as what is drawn
does: a resumed sweep falls back at the same places.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import optuna
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

from automl.search.journal import JournalError
from automl.search.samplers.factory import DrawContext, make_sampler
from automl.search.samplers.failures import SamplerFailures

T = TypeVar("T")


class SamplerChain(BaseSampler):  # type: ignore[misc]
    """Draws one trial by the first of its samplers; the next takes over for one that fails."""

    def __init__(
        self, names: Sequence[str], context: DrawContext, failures: SamplerFailures
    ) -> None:
        """Draw by the algorithms ``names``, in their order; the last one's exception is raised."""
        self._names = list(dict.fromkeys(names))
        self._context = context
        self._failures = failures
        self._sampler: BaseSampler | None = None
        self._drawn: dict[str, Any] = {}

    def infer_relative_search_space(
        self, study: optuna.Study, trial: FrozenTrial
    ) -> dict[str, BaseDistribution]:
        """Return the parameters that a sampler draws together, which are drawn here already."""

        def together(sampler: BaseSampler) -> dict[str, BaseDistribution]:
            space: dict[str, BaseDistribution] = sampler.infer_relative_search_space(study, trial)
            self._drawn = _checked(sampler.sample_relative(study, trial, space), space)
            return space

        return self._first(together)

    def sample_relative(
        self, study: optuna.Study, trial: FrozenTrial, search_space: dict[str, BaseDistribution]
    ) -> dict[str, Any]:
        """Return the parameters that were drawn together."""
        return self._drawn

    def sample_independent(
        self,
        study: optuna.Study,
        trial: FrozenTrial,
        param_name: str,
        param_distribution: BaseDistribution,
    ) -> Any:
        """Return a draw of one parameter."""

        def alone(sampler: BaseSampler) -> Any:
            value = sampler.sample_independent(study, trial, param_name, param_distribution)
            return _checked({param_name: value}, {param_name: param_distribution})[param_name]

        return self._first(alone)

    def _first(self, act: Callable[[BaseSampler], T]) -> T:
        """Return what the first sampler that is left answers; one that fails is left no more."""
        while True:
            try:
                if self._sampler is None:
                    self._sampler = make_sampler(self._names[0], self._context)
                return act(self._sampler)
            except JournalError:
                raise
            except Exception as error:
                if len(self._names) == 1:
                    raise
                self._sampler = None
                self._failures(self._names.pop(0), error, self._names[0])


def _checked(
    values: Mapping[str, Any], distributions: Mapping[str, BaseDistribution]
) -> dict[str, Any]:
    """Return a sampler's values.

    Raises:
        ValueError: one cannot be a value of its distribution, as NaN cannot.
    """
    for name, value in values.items():
        distributions[name].to_internal_repr(value)
    return dict(values)
