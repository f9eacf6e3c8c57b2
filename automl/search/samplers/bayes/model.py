"""A Gaussian process over a cube, given the hyperparameters' draws and what was observed."""

from __future__ import annotations

import numpy as np

from automl.search.samplers.bayes.cube import Array, Mask
from automl.search.samplers.bayes.fit import noise_matrices
from automl.search.samplers.bayes.kernel import Hyperparameters, covariances, squares

LEAST_VARIANCE = 1e-10
FANTASY_SPREAD = 0.7
"""How much of its uncertainty the imagined result of a running trial varies by."""


class Model:
    """Predicts values at points, once for each of s draws of the hyperparameters."""

    def __init__(
        self, of: Hyperparameters, points: Array, values: Array, variances: Array, choices: Mask
    ) -> None:
        """``values``: shape (n,), or (s, n) where each draw has its own; ``variances``: (n,)."""
        self._of = of
        self._choices = choices
        self.points = points
        self.values = np.broadcast_to(values, (len(of.signal), len(points)))
        self.variances = variances
        whole = covariances(of, squares(points, points, choices))
        self._inverse = np.linalg.inv(whole + noise_matrices(of, variances))
        self._weights = np.einsum("snk,sk->sn", self._inverse, self.values)

    def predict(self, points: Array) -> tuple[Array, Array]:
        """Return means and variances of the function at points (m, d), each of shape (s, m)."""
        cross = covariances(self._of, squares(points, self.points, self._choices))
        means = np.einsum("smn,sn->sm", cross, self._weights)
        explained = np.einsum("smn,smn->sm", cross @ self._inverse, cross)
        variances = np.exp(self._of.signal)[:, None] - explained
        return means, np.maximum(variances, LEAST_VARIANCE)

    def with_fantasies(self, pending: Array, rng: np.random.Generator) -> Model:
        """Return the model that also knows an imagined result of every running trial."""
        if len(pending) == 0:
            return self
        means, variances = self.predict(pending)
        spread = FANTASY_SPREAD * np.sqrt(variances) * rng.standard_normal(means.shape)
        return Model(
            self._of,
            np.vstack([self.points, pending]),
            np.concatenate([self.values, means + spread], axis=1),
            np.concatenate([self.variances, np.zeros(len(pending))]),
            self._choices,
        )
