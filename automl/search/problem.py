"""What the choice of an algorithm depends on: the budget, the space and how trials are run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from automl.search.grid import grid_size
from automl.search.optuna_suggest import OptunaAnswers
from automl.space import Space


@dataclass(frozen=True)
class SearchProblem:
    """The facts of one sweep.

    Attributes:
        trials: the budget; None when only time limits the sweep.
        dimensions: numbers and choices that the default configuration asks a sampler for.
        numbers: how many of them are numbers.
        parameters: searched parameters.
        conditional: searched parameters that exist only under values of others.
        configurations: the size of a finite space, None above
            :data:`automl.search.grid.GRID_LIMIT` or if infinite.
        concurrency: trials side by side at most, None where the machine decides.
        rungs: whether a scheduler stops trials by comparing them at some epochs; not ``auto``.
        objectives: how many metrics are optimised together.
    """

    trials: int | None = None
    dimensions: int = 1
    numbers: int = 1
    parameters: int = 1
    conditional: int = 0
    configurations: int | None = None
    concurrency: int | None = None
    rungs: bool = False
    objectives: int = 1

    @property
    def conditional_share(self) -> float:
        """The share of conditional parameters, 0..1."""
        return self.conditional / max(1, self.parameters)


def assess(
    space: Space,
    base: Mapping[str, Any],
    *,
    trials: int | None,
    concurrency: int | None = None,
    rungs: bool = False,
    objectives: int = 1,
) -> SearchProblem:
    """Return the problem of a sweep over ``space`` with the resolved spec ``base``."""
    answers = OptunaAnswers(space.encode({}, base))
    space.draw(answers, base)
    return SearchProblem(
        trials=trials,
        dimensions=len(answers.params),
        numbers=len(answers.numbers),
        parameters=len(space.parameters),
        conditional=sum(parameter.active_when is not None for parameter in space.parameters),
        configurations=grid_size(space, base),
        concurrency=concurrency,
        rungs=rungs,
        objectives=objectives,
    )
