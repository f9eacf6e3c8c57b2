"""How promising points are: the log of the expected improvement, averaged over hyperparameters."""

from __future__ import annotations

import numpy as np

from automl.search.samplers.bayes.cube import Array

HALF_LOG_TWO_PI = 0.9189385332046727


def log_expected_improvement(means: Array, variances: Array, best: Array) -> Array:
    """Return log EI at m points, means and variances of shape (s, m), over ``best`` (s,).

    By the formulas of Ament et al. (NeurIPS 2023), which stay finite far from any improvement.
    """
    sd = np.sqrt(variances)
    each = np.log(sd) + _log_h((best[:, None] - means) / sd)
    top = each.max(axis=0)
    return np.asarray(top + np.log(np.exp(each - top).mean(axis=0)))


def _log_h(z: Array) -> Array:
    """The log of pdf(z) + z cdf(z)."""
    from scipy.special import erfcx, log_ndtr

    size = np.abs(z)
    tail = np.log(np.maximum(1 - size * 1.2533141373155003 * erfcx(size / np.sqrt(2)), 1e-30))
    low = -0.5 * z * z - HALF_LOG_TWO_PI
    far = low - 2 * np.log(np.maximum(size, 1))
    near = np.maximum(z, -1.5)
    high = np.log(np.exp(-0.5 * near * near - HALF_LOG_TWO_PI) + near * np.exp(log_ndtr(near)))
    return np.asarray(np.where(z > -1, high, np.where(z < -20, far, low + tail)))


def log_probability_below_zero(means: Array, variances: Array) -> Array:
    """Return the log of the probability that a function is negative at m points."""
    from scipy.special import log_ndtr

    each = log_ndtr(-means / np.sqrt(variances))
    top = each.max(axis=0)
    return np.asarray(top + np.log(np.exp(each - top).mean(axis=0)))
