"""Weights of other sweeps, against slow references and on rankings that are known."""

from itertools import combinations

import numpy as np
import pytest

from automl.launch.running.guidance.ensemble import (
    _left_out,
    _losses,
    corrected,
    model_of,
    quantiles,
    weights,
)
from automl.results.simulation.space_encoder import Array

RNG = np.random.default_rng(5)
POINTS = RNG.random((30, 2))
HERE = np.random.default_rng(6).random((8, 2))


def _bowl(points: Array) -> Array:
    found: Array = (points[:, 0] - 0.3) ** 2 + 0.5 * (points[:, 1] - 0.7) ** 2
    return found


def test_a_loss_counts_the_pairs_in_the_wrong_order() -> None:
    values = [3.0, 1.0, 2.0, 1.0]
    drawn = np.random.default_rng(0).normal(size=(50, 4))
    slow = [
        sum((d[i] < d[j]) != (values[i] < values[j])
            for i, j in combinations(range(4), 2) if values[i] != values[j])
        for d in drawn
    ]  # fmt: skip
    assert list(_losses(drawn, values)) == slow


def test_a_trial_is_predicted_without_itself() -> None:
    values = list(_bowl(HERE))
    model, z = model_of(HERE, values), quantiles(values)
    means, spreads = _left_out(model, z)
    for left in range(len(values)):
        rest = np.arange(len(values)) != left
        without = model.with_data(
            HERE[rest], (z[rest] - model.mean) / model.scale, model.errors[rest]
        )
        mean, covariance = without.predict(HERE[[left]])
        assert means[left] == pytest.approx(mean[0], abs=1e-6)
        assert spreads[left] == pytest.approx(covariance[0, 0] ** 0.5, abs=1e-3)


def test_a_sweep_weighs_as_much_as_it_predicts() -> None:
    truth = _bowl(POINTS)
    chance = np.random.default_rng(7).random(len(POINTS))
    models = [model_of(POINTS, list(values)) for values in (100 * truth - 5, -truth, chance)]
    found = weights(models, HERE, list(_bowl(HERE)), np.random.default_rng(1))
    assert found[0] > 0.8
    assert found[1] == 0.0
    assert found[2] < 0.05
    assert found.sum() <= 1 + 1e-9


def test_the_same_draws_give_the_same_weights() -> None:
    models = [model_of(POINTS, list(_bowl(POINTS)))]
    first, second = (
        weights(models, HERE, list(_bowl(HERE)), np.random.default_rng(3)) for _ in range(2)
    )
    assert (first == second).all()


def test_trials_of_this_sweep_correct_what_another_one_says() -> None:
    values = list(_bowl(POINTS))
    model = model_of(POINTS, values)
    best = POINTS[[int(np.argmin(values))]]
    own = np.r_[_bowl(HERE), 2.0]  # here the other sweep's best is the worst
    after = corrected(model, quantiles(values), np.r_[HERE, best], list(own))
    assert after.predict(best)[0][0] > model.predict(best)[0][0] + 1
    assert corrected(model, quantiles(values), HERE[:2], list(_bowl(HERE[:2]))) is model


def test_quantiles_keep_the_order_and_nothing_of_the_scale() -> None:
    found = quantiles([5.0, 1e30, -3.0, 5.0])
    assert found[2] < found[0] == found[3] < found[1]
    assert abs(found).max() < 2
