"""The covariance matrix adaptation evolution strategy (CMA-ES) as plain arithmetic on arrays.

Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv:1604.00772), with the default constants of
its table 1 and positive weights only. It minimises over the unit cube.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


FIRST_STEP: Final = 0.3  # of the cube's edge: a third, as the tutorial advises


_FLOOR: Final = 1e-10


_RESAMPLINGS: Final = 100


def generation_size(dimensions: int) -> int:
    """Return the default number of trials of one generation."""
    return 4 + int(3 * math.log(dimensions))


@dataclass(frozen=True)
class Cma:
    """The distribution of one generation: its mean, step size, covariance and their paths."""

    mean: Array
    step: float
    covariance: Array
    step_path: Array
    covariance_path: Array
    generation: int = 0

    @classmethod
    def start(cls, mean: Array) -> Cma:
        """Return the first generation's round distribution about ``mean``, shape (d,)."""
        size = len(mean)
        return cls(mean, FIRST_STEP, np.eye(size), np.zeros(size), np.zeros(size))

    def sample(self, rng: np.random.Generator) -> Array:
        """Return one point of the unit cube, shape (d,)."""
        for _ in range(_RESAMPLINGS):
            point = rng.multivariate_normal(self.mean, self.step**2 * self.covariance)
            if np.all((point >= 0) & (point <= 1)):
                break
        return np.clip(point, 0.0, 1.0)

    def tell(self, points: Array, values: Array) -> Cma:
        """Return the next generation after ``points`` (n, d) reached ``values`` (n,), n >= 2."""
        size = len(self.mean)
        parents = max(1, len(values) // 2)
        ranked = points[np.argsort(values, kind="stable")][:parents]
        raw = math.log((len(values) + 1) / 2) - np.log(np.arange(1, parents + 1))
        weights = raw / raw.sum()
        mass = float(1 / np.sum(weights**2))
        moves = (ranked - self.mean) / self.step
        move = weights @ moves
        step_path, step = self._next_step(move, mass)
        rate = (4 + mass / size) / (size + 4 + 2 * mass / size)
        stalled = _norm(step_path) / math.sqrt(
            1 - (1 - _step_rate(size, mass)) ** (2 * (self.generation + 1))
        ) >= (1.4 + 2 / (size + 1)) * _expected_norm(size)
        drive = 0.0 if stalled else math.sqrt(rate * (2 - rate) * mass)
        path = (1 - rate) * self.covariance_path + drive * move
        one = 2 / ((size + 1.3) ** 2 + mass)
        many = min(1 - one, 2 * (mass - 2 + 1 / mass) / ((size + 2) ** 2 + mass))
        kept = 1 - one - many + (one * rate * (2 - rate) if stalled else 0.0)
        covariance = (
            kept * self.covariance + one * np.outer(path, path) + many * (moves.T * weights) @ moves
        )
        mean = self.mean + self.step * move
        return Cma(mean, step, covariance, step_path, path, self.generation + 1)

    def _next_step(self, move: Array, mass: float) -> tuple[Array, float]:
        """The step size's path and the step size after a move of the mean."""
        size = len(self.mean)
        rate = _step_rate(size, mass)
        damping = 1 + 2 * max(0.0, math.sqrt((mass - 1) / (size + 1)) - 1) + rate
        whitened = _inverse_root(self.covariance) @ move
        path = (1 - rate) * self.step_path + math.sqrt(rate * (2 - rate) * mass) * whitened
        growth = math.exp(rate / damping * (_norm(path) / _expected_norm(size) - 1))
        return path, min(max(self.step * growth, _FLOOR), 1.0)


def _step_rate(size: int, mass: float) -> float:
    return (mass + 2) / (size + mass + 5)


def _expected_norm(size: int) -> float:
    """The expected length of a standard normal vector."""
    return math.sqrt(size) * (1 - 1 / (4 * size) + 1 / (21 * size**2))


def _norm(vector: Array) -> float:
    return float(np.linalg.norm(vector))


def _inverse_root(matrix: Array) -> Array:
    values, vectors = np.linalg.eigh(matrix)
    root: Array = (vectors / np.sqrt(np.maximum(values, _FLOOR))) @ vectors.T
    return root
