"""A trial's history: epochs in the order of their numbers, whenever they were reported."""

from itertools import permutations

import pytest

from automl.trial.history import TrialHistory
from automl.trial.ledger.events import EndEvent, EpochEvent, StartEvent
from automl.trial.objective import Objective

SCORE = Objective("score", "maximize")


def _begun() -> TrialHistory:
    history = TrialHistory(StartEvent(0.0, 0))
    history.begin(history.start)
    return history


def _history(*epochs: tuple[int, float]) -> TrialHistory:
    history = _begun()
    for time, (epoch, score) in enumerate(epochs, 1):
        history.add_epoch(EpochEvent(float(time), 0, epoch, {"score": score}))
    return history


@pytest.mark.parametrize("order", list(permutations([(1, 0.1), (2, 0.9), (3, 0.3), (5, 0.5)])))
def test_the_order_of_reports_changes_nothing(order: tuple[tuple[int, float], ...]) -> None:
    history = _history(*order)
    assert history.values(SCORE) == {1: 0.1, 2: 0.9, 3: 0.3, 5: 0.5}
    assert [each.epoch for each in history.epochs] == [1, 2, 3, 5]
    assert history.best_value(SCORE) == 0.9


def test_a_late_epoch_leaves_the_last_one_in_place() -> None:
    history = _history((5, 0.5), (2, 0.25))
    assert (history.epochs[-1].epoch, history.best_value(SCORE)) == (5, 0.5)
    assert history.epochs[0].seconds == 2.0  # when it was reported


def test_the_same_epoch_twice_is_one_with_the_later_values() -> None:
    history = _history((1, 0.5), (2, 0.75), (1, 0.25))
    history.add_epoch(EpochEvent(9.0, 0, 1, {"loss": 3.0}))
    assert history.values(SCORE) == {1: 0.25, 2: 0.75}
    assert history.epochs[0].kpi == {"score": 0.25, "loss": 3.0}


def test_after_a_restart_the_first_epoch_replaces_all_from_it_on() -> None:
    history = _history((1, 0.1), (2, 0.2), (3, 0.9))
    history.finish(EndEvent(4.0, 0, "interrupted"))
    history.begin(StartEvent(100.0, 0))
    assert history.values(SCORE) == {1: 0.1, 2: 0.2, 3: 0.9}  # until it reports again
    history.add_epoch(EpochEvent(101.0, 0, 2, {"score": 0.3}))
    assert history.values(SCORE) == {1: 0.1, 2: 0.3}
    history.add_epoch(EpochEvent(102.0, 0, 4, {"score": 0.4}))
    history.add_epoch(EpochEvent(103.0, 0, 3, {"score": 0.35}))  # late
    assert history.values(SCORE) == {1: 0.1, 2: 0.3, 3: 0.35, 4: 0.4}
    assert history.seconds == 7.0


def test_a_workers_start_is_no_time_of_a_trial_without_an_epoch() -> None:
    history = _begun()
    history.finish(EndEvent(30.0, 0, "failed", ran_s=2.0))
    assert history.seconds == 2.0
    history.begin(StartEvent(50.0, 0))
    history.finish(EndEvent(51.0, 0, "failed", ran_s=9.0))  # no longer than the time that passed
    assert history.seconds == 3.0
