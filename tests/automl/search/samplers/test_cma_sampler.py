"""CMA-ES: it replays a study into a distribution, keeps to the cube, and its unit scale inverts."""

from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution

from automl.search.samplers.cma import CmaSampler, from_unit, replay, to_unit

SEED = 3


def _study(size: int, value: Any, trials: int) -> optuna.Study:
    """A study minimised by the sampler made afresh for every trial, from a corner of the cube."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=SEED))
    study.enqueue_trial({f"x{i}": 0.2 for i in range(size)})
    for number in range(trials):
        study.sampler = CmaSampler(number, optuna.samplers.RandomSampler(seed=number))
        trial = study.ask({f"x{i}": FloatDistribution(0, 1) for i in range(size)})
        study.tell(trial, value(np.array(list(trial.params.values()))))
    return study


def _distance(study: optuna.Study, target: float) -> float:
    numbers = dict(study.trials[0].distributions)
    return float(np.linalg.norm(replay(study, numbers, SEED).mean - target))


@pytest.mark.slow
@pytest.mark.parametrize(("size", "trials"), [(1, 80), (2, 120), (4, 250)])
def test_an_ellipsoid_is_minimised(size: int, trials: int) -> None:
    scales = np.logspace(0, 1, size)
    study = _study(size, lambda x: float(np.sum((scales * (x - 0.7)) ** 2)), trials)
    assert study.best_value < 1e-2
    assert _distance(study, 0.7) < 0.1


def test_the_same_trials_and_seed_give_the_same_draw() -> None:
    study = _study(3, lambda x: float(x @ x), 40)
    numbers = dict(study.trials[0].distributions)
    one, same, other = (replay(study, numbers, seed).ask() for seed in (1, 1, 2))
    assert (one == same).all()
    assert (one != other).any()
    assert ((one >= 0) & (one <= 1)).all()


def test_a_flat_objective_does_not_shrink_the_distribution_to_nothing() -> None:
    study = _study(2, lambda x: 1.0, 150)
    numbers = dict(study.trials[0].distributions)
    draws = np.array([replay(study, numbers, seed).ask() for seed in range(20)])
    assert (draws.std(axis=0) > 1e-3).all()


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
