"""The process gives slopes that are right, spreads that grow away from data, functions of both."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from automl.results.simulation import gaussian


def data(count: int = 30, size: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    points = rng.uniform(size=(count, size))
    return points, np.sin(4 * points[:, 0]) + 0.05 * rng.normal(size=count)


def test_the_slope_of_the_fit_is_that_of_differences() -> None:
    points, values = data()
    problem = gaussian._Problem(points, values, np.full(30, 0.01))
    at = np.array([0.3, 1.0, -0.2, -3.0])
    assert check_grad(lambda x: problem(x)[0], lambda x: problem(x)[1], at) < 1e-4


def test_functions_are_spread_as_the_process_says() -> None:
    points, values = data()
    process = gaussian.fit(points, values, np.zeros(30))
    tried = np.random.default_rng(1).uniform(size=(4, 3))
    mean, covariance = process.predict(tried)
    rng = np.random.default_rng(2)
    drawn = np.array([process.function(rng)(tried) for _ in range(300)])
    spread = np.sqrt(np.diag(covariance))
    assert np.allclose(drawn.mean(0), mean, atol=0.3 * spread.max())
    assert np.allclose(drawn.std(0), spread, rtol=0.3)


def test_a_parameter_without_effect_gets_the_longer_length() -> None:
    points, values = data()
    process = gaussian.fit(points, values, np.zeros(30))
    assert process.lengths[0] < process.lengths[1:].min()
    assert process.noise_sd == pytest.approx(0.05, rel=0.6)


def test_nothing_is_known_far_from_the_data_and_all_at_it() -> None:
    points, values = data()
    process = gaussian.fit(points[:, :1], values, np.zeros(30))
    assert process.unknown(np.array([[100.0]])) == pytest.approx(1.0)
    assert process.unknown(points[:1, :1]) < 0.2


def test_equal_values_are_a_flat_landscape() -> None:
    points, _ = data()
    process = gaussian.fit(points, np.full(30, 2.0), np.zeros(30))
    assert process.predict(points[:2])[0] == pytest.approx([2.0, 2.0])
