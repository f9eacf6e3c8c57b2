"""What ten more trials would bring, by the surrogate of those that ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from automl.errors import InputError
from automl.results.simulation.records import records_of
from automl.results.simulation.space_encoder import Array
from automl.results.simulation.surrogate import Surrogate, fit_surrogate
from automl.search.algorithm import BLIND
from automl.space import Space
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective

MORE: Final = 10
_CANDIDATES: Final = 150
_DRAWS: Final = 1000
_HIGH: Final = 0.9
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Outlook:
    """What more trials bring over the champion, in the metric's direction.

    Attributes:
        more: how many trials.
        expected: the mean gain, 0 where none of them is better; high: 90 % of the draws lie below.
    """

    more: int
    expected: float
    high: float


def outlook_of(
    plan: Mapping[str, Any],
    histories: Sequence[TrialHistory],
    rows: Sequence[Mapping[str, Any]],
    objective: Objective,
    champion: Mapping[str, Any],
    more: int = MORE,
) -> Outlook | None:
    """Return what ``more`` trials would bring; None where too few finished to say.

    The trials are a batch by Thompson sampling (Kandasamy et al., AISTATS 2018), or drawn by chance
    where the sweep's algorithm heeds no result. What they teach one another is left out.

    Args:
        plan: the run's; histories: of its trials, in the order of ``rows``.
        rows: the trial table.
        objective: what the run optimises.
        champion: the parameters of the configuration that is handed over.
        more: how many trials.
    """
    if plan.get("population"):  # its trials go on from one another
        return None
    try:
        records = list(records_of(histories, rows, objective))
        surrogate = fit_surrogate(Space.from_json(plan["space"]), plan["spec"], records)
    except InputError:
        return None
    rng = np.random.default_rng(0)
    drawn = surrogate.encoder.draws(_CANDIDATES, seed=1)
    points = surrogate.encoder.points([champion, *drawn])
    worth = _draws(surrogate, points, objective, rng)
    tried = _tried(worth, more, rng, blind=str(plan.get("algorithm")) in BLIND)
    gains = np.maximum(np.take_along_axis(worth, tried, axis=1).max(1) - worth[:, 0], 0.0)
    return Outlook(more, float(gains.mean()), float(np.quantile(gains, _HIGH)))


def _draws(
    surrogate: Surrogate, points: Array, objective: Objective, rng: np.random.Generator
) -> Array:
    """Landscapes that the trials allow, at points: one row each, more is better."""
    mean, covariance = surrogate.process.predict(points)
    size, axes = np.linalg.eigh(covariance)
    root = axes * np.sqrt(np.maximum(size, 0.0))
    values = mean + rng.normal(size=(_DRAWS, len(points))) @ root.T
    sign = -1.0 if objective.direction == "minimize" else 1.0
    return sign * surrogate.scale.outer(values)


def _tried(worth: Array, more: int, rng: np.random.Generator, *, blind: bool) -> Places:
    """The candidates that more trials try in each landscape: the best ones of others, or any.

    Every landscape has a batch of its own, since one batch may be lucky.
    """
    if blind:
        return rng.integers(1, worth.shape[1], size=(len(worth), more))
    best = worth[:, 1:].argmax(1) + 1
    return np.stack([np.roll(best, -step) for step in range(1, more + 1)], axis=1)
