"""Counter-based uniforms: the same for the same purpose, independent otherwise."""

from __future__ import annotations

import numpy as np
from scipy import stats

from reid_model.data.augmentation.randoms import uniforms


def test_a_row_depends_on_seed_epoch_and_index_only() -> None:
    whole = uniforms(7, 3, np.arange(100), 5)
    assert np.array_equal(uniforms(7, 3, [42, 5], 5), whole[[42, 5]])
    assert np.array_equal(uniforms(7, 3, [9], 3), whole[[9], :3])
    for other in (uniforms(8, 3, [9], 5), uniforms(7, 4, [9], 5), uniforms(7, 3, [10], 5)):
        assert not np.isclose(other, whole[9]).any()


def test_they_are_uniform_and_uncorrelated() -> None:
    draws = uniforms(1234, 0, np.arange(20000), 6)
    assert draws.min() >= 0.0
    assert draws.max() < 1.0
    for column in draws.T:
        assert stats.kstest(column, "uniform").pvalue > 1e-3
    off_diagonal = np.corrcoef(draws.T)[~np.eye(6, dtype=bool)]
    assert np.abs(off_diagonal).max() < 0.03
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 0.03
