"""A Gaussian process over points of the unit cube, and whole functions drawn from it.

Kernel: Matern 5/2 with a length for each coordinate. Lengths and noise are those that are most
probable under the log-normal prior of Hvarfner, Hellsten and Nardi ("Vanilla Bayesian Optimization
Performs Great in High Dimensions", ICML 2024): without a prior a dozen trials in ten dimensions
would be fitted exactly by chance. A drawn function is a sum of random waves of the kernel's
spectrum, corrected at the data (Wilson et al., "Efficiently sampling functions from Gaussian
process posteriors", ICML 2020): it has one value everywhere, so that a simulated search meets the
same landscape in all its trials, and evaluating it costs no matrix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize

from automl.results.simulation.space_encoder import Array

MOST_POINTS: Final = 400  # beyond it a fit would take longer than a minute
_WAVES: Final = 1024
_ROOT5: Final = math.sqrt(5.0)
_FREEDOM: Final = 5.0  # a Matern 5/2 has the spectrum of Student's t with 5 degrees of freedom
_SPREAD: Final = math.sqrt(3.0)  # of the log-normal prior of a length
_NOISE_MEAN, _NOISE_SPREAD = -4.0, 2.0  # of the logarithm of the noise's variance, data at 1
_STEPS: Final = 40
_SHORT: Final = -0.7  # of the logarithm of a length: half a range, the other first guess
_JITTER: Final = 1e-8


@dataclass(frozen=True)
class Gaussian:
    """A fitted process; values are in the data's unit.

    Attributes:
        points: where the data are; lengths: of the coordinates.
        mean: far from all data; scale: the standard deviation there.
        noise: the variance of one value around the process, in units of ``scale`` squared;
        errors: what is known to come on top of it at each point.
        weights: of the data, for the mean; factor: of the covariance of the data.
    """

    points: Array
    lengths: Array
    mean: float
    scale: float
    noise: float
    errors: Array
    weights: Array
    factor: Any

    @property
    def noise_sd(self) -> float:
        """The standard deviation of one training, as fitted."""
        return math.sqrt(self.noise) * self.scale

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return the mean at points and its covariance, noise left out."""
        near = _kernel(points, self.points, self.lengths)
        rest = _kernel(points, points, self.lengths) - near @ cho_solve(self.factor, near.T)
        mean: Array = self.mean + self.scale * (near @ self.weights)
        covariance: Array = self.scale**2 * rest
        return mean, covariance

    def unknown(self, points: Array) -> Array:
        """Return how much of the spread without any data is left at points, 0..1."""
        near = _kernel(points, self.points, self.lengths)
        known = np.einsum("ij,ji->i", near, cho_solve(self.factor, near.T))
        left: Array = np.sqrt(np.clip(1.0 - known, 0.0, 1.0))
        return left

    def with_data(self, points: Array, scaled: Array, errors: Array) -> Gaussian:
        """Return the process, lengths and noise as they are, of other data.

        Args:
            points: one row for each value.
            scaled: values less ``mean``, in units of ``scale``.
            errors: what comes on top of the noise at each point, as the attribute.
        """
        covariance = _kernel(points, points, self.lengths)
        covariance += np.diag(errors + self.noise + _JITTER)
        factor = cho_factor(covariance, lower=True)
        weights = cho_solve(factor, scaled)
        return replace(self, points=points, errors=errors, weights=weights, factor=factor)

    def function(self, rng: np.random.Generator) -> Function:
        """Draw a function from the process."""
        count, size = self.points.shape
        heavy = np.sqrt(_FREEDOM / rng.chisquare(_FREEDOM, (_WAVES, 1)))
        waves = rng.normal(size=(_WAVES, size)) * heavy / self.lengths
        phases = rng.uniform(0, 2 * math.pi, _WAVES)
        heights = rng.normal(size=_WAVES) * math.sqrt(2 / _WAVES)
        prior = np.cos(self.points @ waves.T + phases) @ heights
        noise = rng.normal(size=count) * np.sqrt(self.noise + self.errors + _JITTER)
        right = cho_solve(self.factor, prior + noise)
        return Function(self, waves, phases, heights, self.weights - right)


@dataclass(frozen=True)
class Function:
    """One function drawn from a process."""

    process: Gaussian
    waves: Array
    phases: Array
    heights: Array
    weights: Array

    def __call__(self, points: Array) -> Array:
        """Return its values at points."""
        process = self.process
        prior = np.cos(points @ self.waves.T + self.phases) @ self.heights
        update = _kernel(points, process.points, process.lengths) @ self.weights
        found: Array = process.mean + process.scale * (prior + update)
        return found


def fit(points: Array, values: Array, errors: Array) -> Gaussian:
    """Return the process of some data.

    Args:
        points: one row for each value.
        values: finite numbers, two or more.
        errors: the known standard error of each, 0 where it is not known.
    """
    mean, scale = float(np.mean(values)), float(np.std(values)) or 1.0
    scaled, known = (values - mean) / scale, (errors / scale) ** 2
    problem = _Problem(points, scaled, known)
    tries = [_climb(problem, points.shape[1], length) for length in (problem.centre, _SHORT)]
    found = min(tries, key=lambda each: float(each.fun)).x
    lengths, noise = np.exp(found[:-1]), float(np.exp(found[-1]))
    covariance = _kernel(points, points, lengths) + np.diag(known + noise + _JITTER)
    factor = cho_factor(covariance, lower=True)
    weights = cho_solve(factor, scaled)
    return Gaussian(points, lengths, mean, scale, noise, known, weights, factor)


def _climb(problem: _Problem, size: int, length: float) -> Any:
    """The most probable lengths and noise near a first guess of all lengths."""
    start = np.append(np.full(size, length), _NOISE_MEAN)
    bounds = [(-4.0, 6.0)] * size + [(-12.0, 1.0)]
    options = {"maxiter": _STEPS}
    return minimize(problem, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)


class _Problem:
    """The negative logarithm of the posterior of lengths and noise, with its gradient."""

    def __init__(self, points: Array, values: Array, errors: Array) -> None:
        self._squares = (points[:, None, :] - points[None, :, :]) ** 2
        self._values, self._errors = values, errors
        self.centre = math.sqrt(2.0) + math.log(max(1, points.shape[1])) / 2

    def __call__(self, logs: Array) -> tuple[float, Array]:
        inverse, noise = np.exp(-2 * logs[:-1]), math.exp(logs[-1])
        root = _ROOT5 * np.sqrt(self._squares @ inverse)
        decay = np.exp(-root)
        covariance = (1 + root + root**2 / 3) * decay
        covariance += np.diag(self._errors + noise + _JITTER)
        factor = cho_factor(covariance, lower=True)
        solved = cho_solve(factor, self._values)
        surplus = cho_solve(factor, np.eye(len(solved))) - np.outer(solved, solved)
        slope = surplus * (5.0 / 3.0) * (1 + root) * decay
        gradient = np.empty_like(logs)
        gradient[:-1] = 0.5 * np.tensordot(slope, self._squares, 2) * inverse
        gradient[-1] = 0.5 * noise * np.trace(surplus)
        fitted = 0.5 * self._values @ solved + np.log(np.diag(factor[0])).sum()
        prior, prior_slope = self._prior(logs)
        return float(fitted + prior), gradient + prior_slope

    def _prior(self, logs: Array) -> tuple[float, Array]:
        means = np.append(np.full(len(logs) - 1, self.centre), _NOISE_MEAN)
        spreads = np.append(np.full(len(logs) - 1, _SPREAD), _NOISE_SPREAD)
        off = (logs - means) / spreads
        return float(0.5 * off @ off), off / spreads


def _kernel(one: Array, other: Array, lengths: Array) -> Array:
    a, b = one / lengths, other / lengths
    squares = (a**2).sum(1)[:, None] + (b**2).sum(1)[None, :] - 2 * a @ b.T
    root = _ROOT5 * np.sqrt(np.maximum(squares, 0.0))
    found: Array = (1 + root + root**2 / 3) * np.exp(-root)
    return found
