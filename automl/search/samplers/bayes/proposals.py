"""Proposes configurations: spread over the space at first, then what a model promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from automl.search.samplers.bayes.acquisition import (
    log_expected_improvement,
    log_probability_below_zero,
)
from automl.search.samplers.bayes.candidates import Candidates
from automl.search.samplers.bayes.cube import Array, Cube
from automl.search.samplers.bayes.fit import Posterior
from automl.search.samplers.bayes.kernel import squares
from automl.search.samplers.bayes.model import Model
from automl.search.samplers.bayes.observations import Observations
from automl.search.samplers.bayes.settings import Settings
from automl.search.samplers.bayes.targets import targets

Score = Callable[[Array], Array]
SCALES: Final = ((0.15, 30), (0.05, 30), (0.02, 25), (0.006, 20), (0.002, 20), (0.0005, 15))
"""Steps about the best candidates, and how many of each size are tried."""
BEST_TRIALS: Final = 3
STEPS: Final = (-2.5, -0.4)
"""The decimal logarithms of the shortest and longest step about the best trials."""
OPTION_DOUBT: Final = 0.7
"""What another option than the default costs, in log prior."""


def proposals(
    cube: Cube, known: Observations, rng: np.random.Generator, settings: Settings
) -> Iterator[Array]:
    """Yield points without end, the most promising first."""
    candidates = Candidates(cube, rng)
    seen = len(known.losses) + len(known.pending) + len(known.unfit)
    if seen < settings.startup or np.count_nonzero(~known.diverged) < 2:
        yield from _spread(cube, known, candidates, settings)
    score = _promise(cube, known, rng, settings)
    points = _search(score, known, candidates, settings)
    yield from points
    while True:  # all of these were tried: others, near the best of them and anywhere
        more = np.vstack([candidates.near(points[:1], 40, 0.3), candidates.anywhere(40)])
        yield from more[np.argsort(-score(more))]


def _spread(
    cube: Cube, known: Observations, candidates: Candidates, settings: Settings
) -> Iterator[Array]:
    """Yield random points without end, of each few the farthest from all trials."""
    taken = np.vstack([known.every, cube.default_point]) if len(known.every) == 0 else known.every
    while True:
        points = candidates.anywhere(settings.spread, defaults=0.0)
        numbers = ~cube.choices
        points[:, numbers] = 0.5 + (points[:, numbers] - 0.5) * settings.reach
        points = cube.snap(points)
        distances = squares(points, taken, cube.choices).sum(axis=2).min(axis=1)
        yield points[int(distances.argmax())]


def _promise(
    cube: Cube, known: Observations, rng: np.random.Generator, settings: Settings
) -> Score:
    """Return the score of points: log expected improvement, with priors."""
    learned = targets(known.losses, known.errors, settings.linear)
    values, variances = learned.values, learned.variances
    posterior = Posterior(known.points, values, variances, cube.choices, settings)
    model = Model(posterior.draw(rng), known.points, values, variances, cube.choices)
    best = model.predict(known.points[~known.diverged])[0].min(axis=1)
    model = model.with_fantasies(known.pending, rng)
    belief = settings.belief / len(known.losses)
    fits = _fits(cube, known, rng, settings)

    def score(points: Array) -> Array:
        means, variances = model.predict(points)
        found = log_expected_improvement(means, settings.boldness**2 * variances, best)
        return found + belief * _log_belief(cube, points, settings) + fits(points)

    return score


def _log_belief(cube: Cube, points: Array, settings: Settings) -> Array:
    """The log of the prior that the best lies near the defaults."""
    off = points - cube.default_point
    numbers = ((off[:, ~cube.choices] / settings.width) ** 2).sum(axis=1)
    options = np.count_nonzero(off[:, cube.choices], axis=1)
    return np.asarray(-0.5 * numbers - OPTION_DOUBT * options)


def _fits(cube: Cube, known: Observations, rng: np.random.Generator, settings: Settings) -> Score:
    """Return the log probability that points fit into memory."""
    if len(known.unfit) == 0:
        return lambda points: np.zeros(len(points))
    points = np.vstack([known.points, known.unfit])
    signs = np.repeat([-1.0, 1.0], [len(known.points), len(known.unfit)])
    certain = np.zeros(len(signs))
    posterior = Posterior(points, signs, certain, cube.choices, settings)
    model = Model(posterior.draw(rng), points, signs, certain, cube.choices)
    return lambda asked: log_probability_below_zero(*model.predict(asked))


def _search(score: Score, known: Observations, candidates: Candidates, settings: Settings) -> Array:
    """Return the best points found, best first: random ones, then ever smaller steps about them."""
    order = np.argsort(np.where(known.diverged, np.inf, known.losses))[:BEST_TRIALS]
    count = 60
    steps = 10 ** candidates.rng.uniform(*STEPS, (count * len(order), 1))
    near = candidates.near(known.points[order], count, steps)
    points = np.vstack([candidates.anywhere(settings.candidates), near])
    points, scores = _keep(points, score(points), 6)
    for scale, tries in SCALES:
        moved = candidates.near(points, tries, scale)
        points = np.vstack([points, moved])
        points, scores = _keep(points, np.concatenate([scores, score(moved)]), 4)
    return points


def _keep(points: Array, scores: Array, count: int) -> tuple[Array, Array]:
    best = np.argsort(-scores, kind="stable")[:count]
    return points[best], scores[best]
