"""The values that a Gaussian process learns from: losses without their extremes, of variance 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from automl.search.outliers import compressed
from automl.search.samplers.bayes.cube import Array
from automl.search.samplers.diverged import worse_than_worst

LEAST_WIDTH: Final = 1e-100
"""The smallest range of losses by which errors are divided, which then stay finite."""


@dataclass(frozen=True)
class Targets:
    """What stands for n losses.

    Attributes:
        values: shape (n,), of mean 0 and variance 1.
        variances: of the known errors, shape (n,).
    """

    values: Array
    variances: Array


def targets(losses: Array, errors: Array, linear: float) -> Targets:
    """Return what a model learns from losses (n,), NaN of diverged trials, and their errors.

    What lies more than ``linear`` deviations above the median only counts by its logarithm, so that
    cliffs do not flatten the good region; a diverged trial is worse than the worst.
    """
    losses = losses.copy()
    whole = ~np.isnan(losses)
    losses[whole] = compressed(losses[whole].tolist()) if whole.any() else []
    known = losses[whole]
    low, high = (known.min(), known.max()) if known.size else (0.0, 0.0)
    width = float(high - low)
    spread = _filled((losses - low) / width if width > 0 else losses * 0.0)
    bent, slopes = _bend(spread, linear)
    deviation = float(bent.std())
    deviation = deviation if deviation > 0 else 1.0
    variances = (errors / max(width, LEAST_WIDTH) * slopes / deviation) ** 2
    return Targets((bent - bent.mean()) / deviation, np.minimum(variances, 1e4))


def _filled(scaled: Array) -> Array:
    """Losses of which diverged ones are worse than the worst."""
    diverged = np.isnan(scaled)
    if not diverged.any():
        return scaled
    known = scaled[~diverged]
    worst = worse_than_worst(known.tolist(), minimize=True) if known.size else 1.0
    return np.where(diverged, worst, scaled)


def _bend(losses: Array, linear: float) -> tuple[Array, Array]:
    """Losses that grow logarithmically far above the median, and how steeply each one does."""
    middle = float(np.median(losses))
    good = losses[losses <= middle]
    width = linear * float(np.sqrt(np.mean((good - middle) ** 2)))
    if len(losses) < 4 or width <= 0:
        return losses, np.ones(len(losses))
    above = np.maximum(losses - middle, 0) / width
    return np.where(losses <= middle, losses, middle + width * np.log1p(above)), 1 / (1 + above)
