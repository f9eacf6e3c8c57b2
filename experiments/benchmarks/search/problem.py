"""A search problem: a space as skills have them, its defaults, and what a trial of it reaches."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from automl.space import Parameter, Space, sample

Values = Mapping[str, Any]
DRAWS = 400
BROKEN = 1e3
"""The loss of a champion whose training diverges, where no trial of a sweep did better."""


@dataclass(frozen=True)
class Problem:
    """A loss to be minimised over a space.

    Attributes:
        base: the default configuration, nested as a spec is.
        function: the true loss of a configuration; NaN where training diverges.
        minimum: the lowest loss that there is, or that is known.
        noise: the standard deviation of the noisy variant.
        typical: the median loss of random configurations, None where it is computed.
        train: what one training reaches, where noise is no normal one.
        family: ``functions``, ``models`` or ``tables``.
    """

    name: str
    space: Space
    base: Mapping[str, Any]
    function: Callable[[Values], float]
    minimum: float
    noise: float
    typical: float | None = None
    train: Callable[[Values, random.Random], float] | None = None
    family: str = "functions"

    def noisy(self, values: Values, rng: random.Random) -> float:
        """Return what one training reaches, with the luck that it has."""
        if self.train is not None:
            return self.train(values, rng)
        return self.function(values) + rng.gauss(0, self.noise)

    @property
    def scale(self) -> float:
        """The regret of the median random configuration: regrets are divided by it."""
        typical = typical_loss(self) if self.typical is None else self.typical
        return typical - self.minimum


def typical_loss(problem: Problem, draws: int = DRAWS) -> float:
    """Return the median loss of random configurations that do not diverge."""
    drawn = [
        problem.function(values) for values, _ in sample(problem.space, problem.base, draws, 0)
    ]
    return statistics.median(loss for loss in drawn if math.isfinite(loss))


def make_problem(
    name: str,
    function: Callable[[Values], float],
    parameters: tuple[Parameter, ...],
    minimum: float,
    noise: float,
    **more: Any,
) -> Problem:
    """Return a problem whose default configuration is that of its parameters."""
    base = {parameter.name: parameter.default for parameter in parameters}
    return Problem(name, Space(parameters=parameters), base, function, minimum, noise, **more)
