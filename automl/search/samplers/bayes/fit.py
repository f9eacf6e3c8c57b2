"""Draws the hyperparameters of a Gaussian process from their posterior.

The mode is found by gradient; about it a normal distribution of the same curvature proposes draws,
which are resampled by their probability. A mode alone is too sure of itself after ten trials.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from automl.search.samplers.bayes.cube import Array, Mask
from automl.search.samplers.bayes.kernel import TINY, Hyperparameters, covariances, squares
from automl.search.samplers.bayes.settings import Settings

JITTER: Final = 1e-6
PROPOSALS: Final = 64
WIDER: Final = 1.1
"""How much wider than the curvature says the proposals are."""
STARTS: Final = ((0.0, 0.0), (-0.8, 2.0))
"""Where the search for the mode begins: from the prior's mean, log length scales and noise."""
MANY: Final = 80
"""Trials from which one start and fewer proposals do: the posterior is narrow, and CPU counts."""


class Posterior:
    """The posterior of the hyperparameters, given n points and their values."""

    def __init__(
        self, points: Array, values: Array, variances: Array, choices: Mask, settings: Settings
    ) -> None:
        """``variances``: known noise of each value, in addition to the learned one."""
        self._values = values
        self._variances = variances
        self._settings = settings
        axes = points.shape[1]
        self._upper = np.triu_indices(len(values), 1)
        self._distances = squares(points, points, choices)
        self._pairs = self._distances[self._upper]
        lengths = np.full(axes, settings.length_mean + 0.5 * math.log(axes))
        self._mean = np.concatenate([lengths, [0.3, settings.noise_mean]])
        self._sd = np.concatenate([np.full(axes, settings.length_sd), [1.0, settings.noise_sd]])

    def draw(self, rng: np.random.Generator) -> Hyperparameters:
        """Return ``settings.samples`` draws."""
        mode = self._mode()
        if self._settings.samples == 1:
            return Hyperparameters.unpack(mode[None])
        spectrum, axes = np.linalg.eigh(self._curvature(mode))
        count = PROPOSALS if len(self._values) < MANY else PROPOSALS // 2
        normal = rng.standard_normal((count, len(mode))) * WIDER
        normal[0] = 0
        rows = mode + (normal / np.sqrt(np.maximum(spectrum, 0.15))) @ axes.T
        rows[:, :-2] = np.clip(rows[:, :-2], -5, 6)
        rows[:, -1] = np.clip(rows[:, -1], -16, 2)
        weights = self._log_density(rows) + 0.5 * ((normal / WIDER) ** 2).sum(1)
        shares = np.exp(weights - weights.max())
        edges = np.cumsum(shares / shares.sum())
        samples = self._settings.samples
        picks = np.searchsorted(edges, (np.arange(samples) + rng.random()) / samples)
        return Hyperparameters.unpack(rows[np.minimum(picks, count - 1)])

    def _mode(self) -> Array:
        from scipy.optimize import minimize

        best, lowest = self._mean, math.inf
        for length, noise in STARTS[: 2 if len(self._values) < MANY else 1]:
            start = self._mean.copy()
            start[:-2] += length
            start[-1] += noise
            options = {"maxiter": 40}
            found = minimize(self.loss, start, jac=True, method="L-BFGS-B", options=options)
            if found.fun < lowest and np.isfinite(found.x).all():
                best, lowest = found.x, found.fun
        return np.asarray(best)

    def _curvature(self, mode: Array) -> Array:
        """The Hessian of the negative log density, by differences of its gradient."""
        step = 1e-3
        here = self.loss(mode)[1]
        rows = np.array(
            [(self.loss(mode + step * unit)[1] - here) / step for unit in np.eye(len(mode))]
        )
        return np.asarray((rows + rows.T) / 2)

    def loss(self, row: Array) -> tuple[float, Array]:
        """Return the negative log density of one draw and its gradient."""
        row = np.clip(row, -18, 18)
        noise = math.exp(row[-1])
        inverse = np.exp(-2 * row[:-2])
        roots = np.sqrt(5 * np.maximum(self._pairs @ inverse, TINY))
        decay = math.exp(row[-2]) * np.exp(-roots)
        signal = self._square((1 + roots + roots * roots / 3) * decay, math.exp(row[-2]))
        whole = signal + np.diag(noise + self._variances + JITTER)
        try:
            factor = np.linalg.cholesky(whole)
        except np.linalg.LinAlgError:
            return 1e10, np.zeros_like(row)
        inverted = np.linalg.inv(whole)
        weights = inverted @ self._values
        value = 0.5 * self._values @ weights + np.log(np.diag(factor)).sum()
        outer = np.outer(weights, weights) - inverted
        pulls = outer[self._upper] * (-5 / 3) * (1 + roots) * decay
        gradient = np.empty_like(row)
        gradient[:-2] = inverse * (pulls @ self._pairs)
        gradient[-2] = -0.5 * (outer * signal).sum()
        gradient[-1] = -0.5 * noise * np.trace(outer)
        off = (row - self._mean) / self._sd
        return float(value + 0.5 * off @ off), gradient + off / self._sd

    def _square(self, upper: Array, diagonal: float) -> Array:
        matrix = np.zeros((len(self._values), len(self._values)))
        matrix[self._upper] = upper
        matrix += matrix.T
        np.fill_diagonal(matrix, diagonal)
        return matrix

    def _log_density(self, rows: Array) -> Array:
        of = Hyperparameters.unpack(rows)
        whole = covariances(of, self._distances)
        whole += noise_matrices(of, self._variances)
        factors = np.linalg.cholesky(whole)
        values = np.broadcast_to(self._values[:, None], (len(rows), len(self._values), 1))
        solved = np.linalg.solve(factors, values)[..., 0]
        logs = np.log(np.einsum("sii->si", factors)).sum(1)
        off = (rows - self._mean) / self._sd
        return np.asarray(-0.5 * (solved**2).sum(1) - logs - 0.5 * (off**2).sum(1))


def noise_matrices(of: Hyperparameters, variances: Array) -> Array:
    """Return the diagonal matrices of learned and known noise, shape (s, n, n)."""
    diagonal = np.exp(of.noise)[:, None] + variances + JITTER
    return diagonal[:, :, None] * np.eye(len(variances))
