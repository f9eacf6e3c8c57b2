"""The Matern 5/2 kernel with a length scale for each axis, for several hyperparameters at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.search.samplers.bayes.cube import Array, Mask

TINY = 1e-24


@dataclass(frozen=True)
class Hyperparameters:
    """s draws of the hyperparameters, as logarithms.

    Attributes:
        lengths: of each axis, shape (s, d).
        signal: the variance of the function, shape (s,).
        noise: that of the noise, shape (s,).
    """

    lengths: Array
    signal: Array
    noise: Array

    @classmethod
    def unpack(cls, rows: Array) -> Hyperparameters:
        """Return the hyperparameters of rows (s, d + 2)."""
        return cls(rows[:, :-2], rows[:, -2], rows[:, -1])


def squares(one: Array, other: Array, choices: Mask) -> Array:
    """Return squared distances on each axis, shape (n, m, d); of choices 1 where they differ."""
    differences = one[:, None, :] - other[None, :, :]
    differences *= differences
    if choices.any():
        differences[..., choices] = differences[..., choices] > 0
    return differences


def covariances(of: Hyperparameters, distances: Array) -> Array:
    """Return the covariances at squared distances (..., d), shape (s, ...)."""
    *shape, axes = distances.shape
    scaled = np.exp(-2 * of.lengths) @ distances.reshape(-1, axes).T
    roots = np.sqrt(5 * np.maximum(scaled, TINY))
    found = (1 + roots + roots * roots / 3) * np.exp(-roots)
    found *= np.exp(of.signal)[:, None]
    return np.asarray(found.reshape(len(of.signal), *shape))
