"""Proposes points from sweeps of other data, as far as these predict the trials of this one.

What it proposes depends on the seed, the number of trials that have started and what the study was
told, so that a resumed sweep proposes what it would have proposed without the interruption.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from automl.constants import PRIORS_FILE
from automl.launch.plan import Plan
from automl.launch.planning.priors.knowledge import Knowledge, read_knowledge, write_knowledge
from automl.launch.planning.priors.read_priors import PriorSweep, knowledge_at, prior_sweeps
from automl.launch.running.guidance.ensemble import (
    LEAST,
    corrected,
    model_of,
    quantiles,
    weights,
)
from automl.launch.running.guidance.near import NearSuggest
from automl.results.simulation.gaussian import Gaussian
from automl.results.simulation.space_encoder import Array, SpaceEncoder
from automl.space import Space

Values = Mapping[str, Any]
Reached = Sequence[tuple[Values, float]]
MOST_TRIALS: Final = 100  # of this sweep: with more, its own sampler knows better
MOST_PRIOR: Final = 100  # of each other sweep: its best and others, evenly by rank
UNPROVEN: Final = 2  # trials, after the first, that are the others' before their weights are known
_DRAWN: Final = 200
_NEAR: Final = 100
_BEST: Final = 5


def stored_priors(plan: Plan) -> PriorPoints | None:
    """Return what proposes from the sweeps that a plan weighs; None where it weighs none.

    Their trials are copied into the run's folder when it begins, so that it goes on with the same.

    Raises:
        InputError: a run or file is gone, or knows nothing, before it was copied.
    """
    named, space = plan.sweep_options.weighed, plan.space
    if not named or space is None:
        return None
    file = plan.output / PRIORS_FILE
    if not file.is_file():
        sweeps = [sweep for place in named for sweep in knowledge_at(Path(place)).sweeps]
        what = plan.skill.info.name, plan.action, plan.objective.metric, plan.objective.direction
        write_knowledge(Knowledge(*what, tuple(sweeps)), file)
    knowledge = read_knowledge(file, "--prior")
    known = prior_sweeps(knowledge.sweeps, knowledge.direction, space, plan.spec)
    return PriorPoints(known, space, plan.spec, plan.seed)


class PriorPoints:
    """Points of other sweeps, each weighed by how well it ranks this sweep's trials."""

    def __init__(
        self, sweeps: Sequence[PriorSweep], space: Space, base: Mapping[str, Any], seed: int
    ) -> None:
        """``base``: the resolved spec; ``seed``: the sweep's."""
        self._sweeps = [_thinned(sweep) for sweep in sweeps]
        self._space, self._base, self._seed = space, base, seed
        self._encoder = SpaceEncoder(space, base)
        self._models: list[Gaussian] = []

    def propose(
        self, reached: Reached, started: int, knows: Callable[[Values], bool]
    ) -> Values | None:
        """Return the next trial's configuration, None to leave it to the sampler.

        Args:
            reached: what this sweep's trials did; lower is better, infinity for one that diverged.
            started: how many of its trials have started.
            knows: whether a configuration was tried already.
        """
        if not self._sweeps or started == 0 or len(reached) > MOST_TRIALS:
            return None
        rng = np.random.default_rng([self._seed, started])
        chosen = self._choose(reached, started, rng)
        return None if chosen is None else self._best_of(chosen, reached, rng, knows)

    def weights(self, reached: Reached, rng: np.random.Generator) -> Array:
        """Return the weight of each sweep; what is left to 1 is the sampler's."""
        points = self._encoder.points([values for values, _ in reached])
        return weights(self._fitted(), points, _finite([value for _, value in reached]), rng)

    def _choose(self, reached: Reached, started: int, rng: np.random.Generator) -> int | None:
        """Draw a sweep by its weight; None for the sampler."""
        if started <= UNPROVEN:
            return int(rng.integers(len(self._sweeps)))
        if len(reached) < LEAST:
            return None
        found = self.weights(reached, rng)
        place = int(np.searchsorted(np.cumsum(found), rng.random(), side="right"))
        return place if place < len(self._sweeps) else None

    def _fitted(self) -> list[Gaussian]:
        if not self._models:
            for sweep in self._sweeps:
                points = self._encoder.points(sweep.configurations)
                self._models.append(model_of(points, sweep.values))
        return self._models

    def _best_of(
        self,
        index: int,
        reached: Reached,
        rng: np.random.Generator,
        knows: Callable[[Values], bool],
    ) -> Values | None:
        """Return the best untried configuration of a function drawn from a sweep's model."""
        sweep, model = self._sweeps[index], self._fitted()[index]
        points = self._encoder.points([values for values, _ in reached])
        own = _finite([value for _, value in reached])
        function = corrected(model, quantiles(sweep.values), points, own).function(rng)
        candidates = [each for each in self._candidates(sweep, reached, rng) if not knows(each)]
        if not candidates:
            return None
        found = function(self._encoder.points(candidates))
        return candidates[int(np.argmin(found))]

    def _candidates(
        self, sweep: PriorSweep, reached: Reached, rng: np.random.Generator
    ) -> list[Values]:
        """The sweep's configurations, others near the best of both sweeps, and some by chance."""
        theirs = list(zip(sweep.configurations, sweep.values, strict=True))
        best = [v for known in (theirs, reached) for v, _ in sorted(known, key=_value)[:_BEST]]
        answers = [self._space.encode(values, self._base) for values in best]
        near = [
            self._space.draw(NearSuggest(answers[i % len(answers)], rng), self._base)
            for i in range(_NEAR)
        ]
        drawn = self._encoder.draws(_DRAWN, seed=int(rng.integers(2**31)))
        return [*sweep.configurations, *near, *drawn]


def _value(trial: tuple[Values, float]) -> float:
    return trial[1]


def _thinned(sweep: PriorSweep) -> PriorSweep:
    """Return a sweep with at most :data:`MOST_PRIOR` trials, evenly by rank, the best included."""
    count = len(sweep.values)
    if count <= MOST_PRIOR:
        return sweep
    order = np.argsort(np.asarray(sweep.values), kind="stable")
    kept = [int(order[round(i * (count - 1) / (MOST_PRIOR - 1))]) for i in range(MOST_PRIOR)]
    configurations = [sweep.configurations[i] for i in kept]
    return PriorSweep(sweep.name, configurations, [sweep.values[i] for i in kept])


def _finite(values: Sequence[float]) -> list[float]:
    """Return values of which the infinite ones are worse than all others, and equal."""
    known = [value for value in values if np.isfinite(value)]
    worst = max(known, default=0.0)
    return [value if np.isfinite(value) else worst + max(1.0, abs(worst)) for value in values]
