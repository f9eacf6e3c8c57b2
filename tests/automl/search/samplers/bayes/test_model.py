"""The Gaussian process against slow references: density, gradient, prediction, improvement."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, norm

from automl.search.samplers.bayes.acquisition import (
    log_expected_improvement,
    log_probability_below_zero,
)
from automl.search.samplers.bayes.fit import JITTER, Posterior
from automl.search.samplers.bayes.kernel import Hyperparameters
from automl.search.samplers.bayes.model import Model
from automl.search.samplers.bayes.settings import Settings

Array = npt.NDArray[np.float64]
RNG = np.random.default_rng(0)
POINTS = np.column_stack([RNG.random((12, 3)), RNG.integers(3, size=12)])
VALUES = RNG.standard_normal(12)
KNOWN_NOISE = np.linspace(0, 0.2, 12)
CHOICES = np.array([False, False, False, True])
ROW = np.array([-0.5, 0.3, 0.0, 0.4, 0.2, -3.0])
SETTINGS = Settings()


def _kernel(one: Array, other: Array, row: Array) -> float:
    """Matern 5/2 with a length scale for each axis; of a choice only the difference counts."""
    squared = 0.0
    for axis, (a, b) in enumerate(zip(one, other, strict=True)):
        off = float(a != b) if CHOICES[axis] else a - b
        squared += (off / math.exp(row[axis])) ** 2
    r = math.sqrt(5 * squared)
    return math.exp(row[-2]) * (1 + r + r * r / 3) * math.exp(-r)


def _matrix(one: Array, other: Array, row: Array) -> Array:
    return np.array([[_kernel(a, b, row) for b in other] for a in one])


def _noisy(row: Array) -> Array:
    diagonal = math.exp(row[-1]) + KNOWN_NOISE + JITTER
    return _matrix(POINTS, POINTS, row) + np.diag(diagonal)


def test_the_density_is_that_of_the_normal_distribution_and_the_priors() -> None:
    posterior = Posterior(POINTS, VALUES, KNOWN_NOISE, CHOICES, SETTINGS)
    mean = [SETTINGS.length_mean + 0.5 * math.log(4)] * 4 + [0.3, SETTINGS.noise_mean]
    sd = [SETTINGS.length_sd] * 4 + [1.0, SETTINGS.noise_sd]
    rows = [ROW, ROW + 0.3]
    expected = [
        multivariate_normal(np.zeros(12), _noisy(row)).logpdf(VALUES)
        + sum(norm(m, s).logpdf(x) for m, s, x in zip(mean, sd, row, strict=True))
        for row in rows
    ]
    found = [-posterior.loss(row)[0] for row in rows]
    assert found[1] - found[0] == pytest.approx(expected[1] - expected[0], abs=1e-6)
    assert posterior._log_density(np.array(rows)) == pytest.approx(found)


def test_the_gradient_is_that_of_differences() -> None:
    posterior = Posterior(POINTS, VALUES, KNOWN_NOISE, CHOICES, SETTINGS)
    step = 1e-5 * np.eye(len(ROW))
    numeric = [(posterior.loss(ROW + e)[0] - posterior.loss(ROW - e)[0]) / 2e-5 for e in step]
    assert posterior.loss(ROW)[1] == pytest.approx(numeric, abs=1e-5)


def test_predictions_are_those_of_the_textbook() -> None:
    rows = np.array([ROW, ROW + 0.3])
    asked = np.column_stack([RNG.random((5, 3)), RNG.integers(3, size=5)])
    model = Model(Hyperparameters.unpack(rows), POINTS, VALUES, KNOWN_NOISE, CHOICES)
    means, variances = model.predict(asked)
    for index, row in enumerate(rows):
        cross, inverse = _matrix(asked, POINTS, row), np.linalg.inv(_noisy(row))
        assert means[index] == pytest.approx(cross @ inverse @ VALUES)
        left = _matrix(asked, asked, row) - cross @ inverse @ cross.T
        assert variances[index] == pytest.approx(np.diag(left), abs=1e-9)


def test_a_running_trial_takes_the_uncertainty_away_where_it_is() -> None:
    of = Hyperparameters.unpack(ROW[None])
    model = Model(of, POINTS, VALUES, KNOWN_NOISE, CHOICES)
    pending = np.array([[0.5, 0.5, 0.5, 1.0]])
    before = model.predict(pending)[1]
    after = model.with_fantasies(pending, np.random.default_rng(0)).predict(pending)[1]
    assert after < 0.3 * before
    assert model.with_fantasies(np.zeros((0, 4)), np.random.default_rng(0)) is model


def test_draws_are_of_the_posterior() -> None:
    """A function of the first axis alone: its length scale is short, those of the others long."""
    points = np.random.default_rng(1).random((30, 3))
    values = np.sin(6 * points[:, 0])
    values = (values - values.mean()) / values.std()
    nothing = np.zeros(3, dtype=bool)
    for samples in (1, 8):
        posterior = Posterior(points, values, np.zeros(30), nothing, Settings(samples=samples))
        found = posterior.draw(np.random.default_rng(0))
        assert found.lengths.shape == (samples, 3)
        assert (found.lengths[:, 0] < found.lengths[:, 1:].min(axis=1) - 1).all()
        assert (found.noise < -5).all()


@pytest.mark.parametrize("z", [-30.0, -19.0, -3.0, -1.0, -0.99, 0.0, 2.0])
def test_the_improvement_is_that_of_the_integral(z: float) -> None:
    mean, sd = 0.7, 0.2
    best = mean + z * sd
    means, variances = np.array([[mean], [mean]]), np.full((2, 1), sd**2)
    found = log_expected_improvement(means, variances, np.array([best, best]))[0]
    if z > -10:
        integral = quad(lambda x: (best - x) * norm(mean, sd).pdf(x), best - 4, best, points=[mean])
        assert found == pytest.approx(math.log(integral[0]), abs=1e-3)
    else:
        assert found == pytest.approx(math.log(sd) + norm.logpdf(z) - 2 * math.log(-z), abs=0.02)


def test_the_probability_is_averaged_over_draws() -> None:
    found = log_probability_below_zero(np.array([[-1.0], [1.0]]), np.ones((2, 1)))
    assert found == pytest.approx([math.log(0.5)])
