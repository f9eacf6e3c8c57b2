"""Random numbers that depend on (seed, epoch, crop index) only, not on draw order or process.

Each crop's augmentation is a pure function of (seed, epoch, crop index), so that neither the number
of workers nor the number of devices changes it. Counter-based: SplitMix64 (Steele, Lea and Flood,
"Fast splittable pseudorandom number generators", OOPSLA 2014) applied to the chain of its inputs.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FACTOR_1 = np.uint64(0xBF58476D1CE4E5B9)
_FACTOR_2 = np.uint64(0x94D049BB133111EB)
_MANTISSA = 1.0 / (1 << 53)


def uniforms(seed: int, epoch: int, indices: npt.ArrayLike, count: int) -> npt.NDArray[np.float64]:
    """Uniform numbers in [0, 1) of shape (len(indices), count), one row for each crop index."""
    with np.errstate(over="ignore"):
        key = _mixed(_mixed(np.array([seed], np.uint64)) + np.uint64(epoch))
        rows = _mixed(key + np.asarray(indices, np.uint64))
        counters = np.arange(1, count + 1, dtype=np.uint64) * _GOLDEN
        bits = _mixed(rows[:, None] + counters[None, :])
    return np.asarray((bits >> np.uint64(11)).astype(np.float64) * _MANTISSA)


def _mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    state = state + _GOLDEN
    state = (state ^ (state >> np.uint64(30))) * _FACTOR_1
    state = (state ^ (state >> np.uint64(27))) * _FACTOR_2
    return state ^ (state >> np.uint64(31))
