"""CMA-ES: it finds minima, keeps to the cube, and its unit scale inverts."""

import numpy as np
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from automl.search.cma_es import Cma, generation_size
from automl.search.cma_sampler import from_unit, to_unit


def _minimise(rotation: np.ndarray, generations: int) -> float:
    """The distance to the minimum of an ellipsoid (condition 100) turned by ``rotation``."""
    size = len(rotation)
    target, scales = np.full(size, 0.7), np.logspace(0, 1, size)
    rng = np.random.default_rng(0)
    state = Cma.start(np.full(size, 0.2))
    for _ in range(generations):
        points = np.array([state.sample(rng) for _ in range(generation_size(size))])
        assert ((points >= 0) & (points <= 1)).all()
        values = np.sum((scales * ((points - target) @ rotation)) ** 2, axis=1)
        state = state.tell(points, values)
    return float(np.linalg.norm(state.mean - target))


@pytest.mark.parametrize("size", [1, 2, 5])
def test_an_ellipsoid_is_minimised(size: int) -> None:
    assert _minimise(np.eye(size), 110) < 1e-3


def test_a_turned_ellipsoid_is_learned_as_well() -> None:
    turned, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 4)))
    assert _minimise(turned, 80) < 1e-3


@pytest.mark.parametrize(
    ("distribution", "value"),
    [
        (FloatDistribution(1e-5, 1e-1, log=True), 3e-4),
        (FloatDistribution(0.0, 1.0, step=0.25), 0.75),
        (IntDistribution(1, 300, log=True), 17),
        (IntDistribution(8, 64, step=8), 40),
    ],
)
def test_the_unit_scale_inverts(distribution: BaseDistribution, value: float) -> None:
    assert from_unit(distribution, to_unit(distribution, value)) == pytest.approx(value, rel=1e-12)
    ends = [from_unit(distribution, unit) for unit in (0.0, 1.0)]
    assert ends == pytest.approx([distribution.low, distribution.high])
