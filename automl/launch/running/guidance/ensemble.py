"""Weighs other sweeps by how well they rank the trials of this one, and draws points from them.

A ranking-weighted ensemble (RGPE: Feurer, Letham and Bakshy, "Scalable Meta-Learning for Bayesian
Optimization", AutoML workshop at ICML 2018): a Gaussian process for each sweep, and one of this
sweep's own trials, each predict these trials; a model's weight is how often, over draws from all of
them, it puts the fewest pairs into the wrong order. The own model predicts each trial without that
trial. Metrics of other data have another scale, so every sweep's values are replaced by the normal
quantiles of their ranks (Salinas, Shen and Perrone, "A Quantile-based Approach for Hyperparameter
Transfer Learning", ICML 2020).

Where the paper proposes by one ensemble's expected improvement, here a model is drawn by its
weight: this sweep's own leaves the trial to its sampler, whichever that is; another sweep's, which
is corrected by this one's trials, gives the point that is the best of a function drawn from it
(Thompson sampling).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve
from scipy.stats import norm, rankdata

from automl.results.simulation.gaussian import Gaussian, fit
from automl.results.simulation.space_encoder import Array

DRAWS: Final = 256
LEAST: Final = 3  # trials from which pairs say something
TRANSFER: Final = 0.3  # deviations by which a value of another task is uncertain
LEAST_SLOPE: Final = 0.2  # of predictions over values: what ranks alike is not all the same
_JITTER: Final = 1e-9


def quantiles(values: Sequence[float]) -> Array:
    """Return the normal quantiles of values by their ranks, equal ones alike."""
    ranks: Array = rankdata(values)
    found: Array = norm.ppf((ranks - 0.5) / len(ranks))
    return found


def model_of(points: Array, values: Sequence[float]) -> Gaussian:
    """Return the process of a sweep's trials; lower values are better."""
    return fit(points, quantiles(values), np.zeros(len(values)))


def weights(
    models: Sequence[Gaussian], points: Array, values: Sequence[float], rng: np.random.Generator
) -> Array:
    """Return the weight of each model of another sweep; what is left to 1 is the own model's.

    Args:
        models: of other sweeps.
        points, values: the own trials, :data:`LEAST` or more; lower values are better.
        rng: draws from the models.
    """
    losses = [_losses(_draws(model, points, rng), values) for model in models]
    own = _own_losses(points, values, rng)
    # a model that is worse than the own one in most draws adds nothing but noise
    table = np.array([each + _hopeless(each, own) for each in losses] + [own])
    least = table == table.min(axis=0)
    least[:-1] &= ~least[-1]  # equal losses count for the own model
    share = least / least.sum(axis=0)
    found: Array = share.mean(axis=1)[:-1]
    return found


def corrected(model: Gaussian, values: Array, points: Array, own: Sequence[float]) -> Gaussian:
    """Return another sweep's process, with this sweep's trials as further data.

    Its own data count as uncertain by :data:`TRANSFER`, as they are of another task.

    Args:
        model: fitted to ``values``.
        points, own: this sweep's trials, in a scale of their own.
    """
    if len(own) < LEAST:
        return model
    here = _in_scale(model.predict(points)[0], quantiles(own))
    errors = np.r_[np.hypot(model.errors**0.5, TRANSFER / model.scale) ** 2, np.zeros(len(own))]
    everything = np.r_[model.points, points]
    scaled = (np.r_[values, here] - model.mean) / model.scale
    return model.with_data(everything, scaled, errors)


def _in_scale(predicted: Array, values: Array) -> Array:
    """Return values moved and scaled to what was predicted of them."""
    spread = float(np.std(values)) or 1.0
    slope = float(np.mean((predicted - predicted.mean()) * (values - values.mean()))) / spread**2
    return np.asarray(predicted.mean() + max(slope, LEAST_SLOPE) * (values - values.mean()))


def _hopeless(losses: Array, own: Array) -> float:
    """Infinity for a model to be left out (weight dilution, section 4.2 of the paper)."""
    return np.inf if np.median(losses) > np.quantile(own, 0.95) else 0.0


def _draws(model: Gaussian, points: Array, rng: np.random.Generator) -> Array:
    """Draw functions of a model, each at all points; shape (draws, points)."""
    mean, covariance = model.predict(points)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0) + _JITTER)
    found: Array = mean + rng.normal(size=(DRAWS, len(points))) @ root.T
    return found


def _losses(drawn: Array, values: Sequence[float]) -> Array:
    """Count the pairs of trials that each draw puts into the wrong order; shape (draws,)."""
    first, second = _pairs(values)
    wrong = drawn[:, first] >= drawn[:, second]
    found: Array = wrong.sum(axis=1)
    return found


def _own_losses(points: Array, values: Sequence[float], rng: np.random.Generator) -> Array:
    """The same of the own model, which predicts each trial without it, against the others' values.

    A pair counts as half wrong for each of its two trials that the prediction misplaces.
    """
    wanted = quantiles(values)
    mean, spread = _left_out(model_of(points, values), wanted)
    drawn = mean + rng.normal(size=(DRAWS, len(wanted))) * spread
    first, second = _pairs(values)
    wrong = (drawn[:, first] >= wanted[second]) * 0.5 + (wanted[first] >= drawn[:, second]) * 0.5
    found: Array = wrong.sum(axis=1)
    return found


def _left_out(model: Gaussian, values: Array) -> tuple[Array, Array]:
    """Mean and deviation at each point of the process without it (Rasmussen and Williams, 5.12)."""
    inverse = np.diag(cho_solve(model.factor, np.eye(len(values))))
    mean: Array = values - model.scale * model.weights / inverse
    noise = model.noise + model.errors
    spread: Array = model.scale * np.sqrt(np.maximum(1 / inverse - noise, _JITTER))
    return mean, spread


def _pairs(values: Sequence[float]) -> tuple[NDArray[np.intp], ...]:
    """The indices of every pair of trials, the better one first; equal ones are no pair."""
    known = np.asarray(values)
    return np.nonzero(known[:, None] < known[None, :])
