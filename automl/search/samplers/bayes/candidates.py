"""The points among which a proposal is looked for: anywhere, and near given ones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from automl.search.samplers.bayes.cube import Array, Cube

NEAR_DEFAULTS = 0.35
DEFAULTS_SD = 0.2


@dataclass(frozen=True)
class Candidates:
    """Draws points of a cube."""

    cube: Cube
    rng: np.random.Generator

    def anywhere(self, count: int, *, defaults: float = NEAR_DEFAULTS) -> Array:
        """Return random points, a share ``defaults`` of whose numbers lie near the defaults."""
        shape = (count, len(self.cube.axes))
        points = self.rng.random(shape)
        near = self.cube.default_point + DEFAULTS_SD * self.rng.standard_normal(shape)
        points = np.where(self.rng.random(shape) < defaults, np.clip(near, 0, 1), points)
        return self.cube.snap(self._with_options(points))

    def _with_options(self, points: Array) -> Array:
        for index in np.flatnonzero(self.cube.choices):
            options = len(self.cube.axes[index].options)
            points[:, index] = self.rng.integers(options, size=len(points))
        return points

    def near(self, points: Array, count: int, scale: float | Array) -> Array:
        """Return ``count`` points near each one, some of whose numbers move by about ``scale``."""
        moved = np.repeat(points, count, axis=0)
        rows, axes = moved.shape
        moves = self.rng.random(moved.shape) < max(0.3, min(1.0, 2.5 / axes))
        moves[np.arange(rows), self.rng.integers(axes, size=rows)] = True
        steps = self.rng.standard_normal(moved.shape) * scale
        least = self.cube.scale.least_move
        steps = np.sign(steps) * np.maximum(np.abs(steps), least)
        numbers = moves & ~self.cube.choices
        moved = np.where(numbers, np.clip(moved + steps, 0, 1), moved)
        changes = moves & (self.rng.random(moved.shape) < 0.5)
        for index in np.flatnonzero(self.cube.choices):
            rows_changed = np.flatnonzero(changes[:, index])
            options = len(self.cube.axes[index].options)
            moved[rows_changed, index] = self.rng.integers(options, size=len(rows_changed))
        return self.cube.snap(moved)
