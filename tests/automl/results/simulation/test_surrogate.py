"""Cube, curves, times and worlds of recorded trials."""

from pathlib import Path

import numpy as np
import pytest
from odd_runs import SPACE, SPEC, write_run

from automl.errors import InputError
from automl.results.run import Run
from automl.results.simulation.curves import fit_curves
from automl.results.simulation.records import RecordedTraining, records_of
from automl.results.simulation.space_encoder import SpaceEncoder
from automl.results.simulation.surrogate import World, fit_surrogate
from automl.results.simulation.times import fit_times
from automl.space import Space


def record(
    value: float, epochs: int = 4, state: str = "finished", ran: int = 0
) -> RecordedTraining:
    curve = {epoch: value * epoch / epochs for epoch in range(1, (ran or epochs) + 1)}
    return RecordedTraining({}, value, 0.0, curve, ran or epochs, 10.0 * epochs, 1.0, state)


def test_a_point_is_the_place_in_each_range() -> None:
    encoder = SpaceEncoder(Space.from_json(SPACE), SPEC)
    values = {"o.lr": 1e-3, "o.name": "adam", "o.clip": True, "batch": 64}
    place = dict(zip(encoder.columns, encoder.points([values])[0], strict=True))
    assert place["o.lr"] == pytest.approx(0.5)
    assert (place["batch"], place["o.momentum"]) == (1.0, 0.5)  # one is not there: the middle
    assert (place["o.name='adam'"], place["o.name='sgd'"], place["o.clip=True"]) == (1, 0, 1)


def test_a_stopped_trial_is_extrapolated_along_the_shared_shape() -> None:
    curves = fit_curves([record(value) for value in (0.2, 0.4, 0.6, 0.8, 1.0)])
    assert curves.epochs == (1, 2, 3, 4)
    value, spread = curves.final({1: 0.1, 2: 0.2}) or (0, 1)
    assert (value, spread) == (pytest.approx(0.4), pytest.approx(0.0, abs=1e-9))
    drawn = curves.draw(0.8, np.random.default_rng(0))
    assert drawn == pytest.approx([0.2, 0.4, 0.6, 0.8])


def test_trials_of_different_lengths_report_their_end_alone() -> None:
    curves = fit_curves([record(0.2, 4), record(0.4, 5), record(0.5, 6)])
    assert len(curves.epochs) == 1
    assert curves.final({1: 0.5}) is None


def test_times_follow_a_parameter_that_sets_them_and_no_other() -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(size=(40, 2))
    records = [
        RecordedTraining({}, 1.0, 0.0, {}, 2, float(2 * np.exp(2 * x)), 0.0, "finished")
        for x, _ in points
    ]
    times = fit_times(records, points)
    short, long = times.draw(np.array([[0.0, 0.5], [1.0, 0.5]]), rng)
    assert long / short == pytest.approx(np.exp(2), rel=0.1)


def test_a_configuration_has_one_worth_in_a_world(tmp_path: Path) -> None:
    run = Run(write_run(tmp_path / "run", 40, stopped=0.2, failed=0.1))
    records = list(records_of(run.histories, run.rows, run.objective))
    surrogate = fit_surrogate(run.space, run.plan["spec"], records)
    params = run.histories[1].start.params
    world = World(surrogate, 3)
    first, second = world.train(params, 1), world.train(params, 2)
    assert first.worth == second.worth
    assert first.values[-1] != second.values[-1]
    assert World(surrogate, 3).train(params, 1).values[-1] == first.values[-1]
    assert World(surrogate, 4).worth(params) != first.worth
    assert surrogate.failing == sum(row["state"] == "failed" for row in run.rows) / 40
    assert 0.02 < surrogate.noise < 0.15  # drawn with 0.05


def test_few_trials_are_refused(tmp_path: Path) -> None:
    run = Run(write_run(tmp_path / "run", 9))
    records = list(records_of(run.histories, run.rows, run.objective))
    with pytest.raises(InputError, match="9 trials finished .* needs 10"):
        fit_surrogate(run.space, run.plan["spec"], records)
