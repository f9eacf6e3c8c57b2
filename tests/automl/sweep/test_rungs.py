"""Trials that are stopped at rungs, in both directions, and after the driver died."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from automl.search.scheduler import Scheduler, choose_scheduler
from automl.sweep.schedulers import StoppingScheduler, make_scheduler
from automl.trial.ledger.events import EpochEvent, SessionEvent
from automl.trial.objective import Objective

UP = Objective("score", "maximize")
DOWN = Objective("loss", "minimize")


def _run(
    stopping: StoppingScheduler, values: Sequence[float], epochs: int, first: int = 0
) -> list[int]:
    """How many epochs each trial of a constant value runs, one trial after the other."""
    done = []
    for number, value in enumerate(values, start=first):
        reached = epochs
        for epoch in range(1, epochs + 1):
            if not stopping.decide(number, epoch, value):
                reached = epoch
                break
        done.append(reached)
    return done


def test_asha_stops_at_rungs_what_is_not_among_the_best() -> None:
    stopping = StoppingScheduler(choose_scheduler("asha", "tpe", 9), UP)
    assert _run(stopping, [0.5, 0.9, 0.1, 0.95, 0.6], 9) == [9, 9, 1, 9, 1]


def test_a_minimised_metric_stops_what_is_high() -> None:
    stopping = StoppingScheduler(choose_scheduler("asha", "tpe", 9), DOWN)
    assert _run(stopping, [0.5, 0.1, 0.9], 9) == [9, 9, 1]


def test_an_epoch_reported_late_or_twice_decides_nothing() -> None:
    calm, disturbed = (StoppingScheduler(choose_scheduler("asha", "tpe", 9), UP) for _ in range(2))
    for number, value in enumerate([0.5, 0.9, 0.1, 0.95, 0.6]):
        for epoch in (1, 3, 5):
            expected = calm.decide(number, epoch, value)
            assert disturbed.decide(number, epoch, value) == expected
            for late in (epoch, 1, 2):
                assert disturbed.decide(number, late, 1.0 - value)
            if not expected:
                break


def test_median_needs_a_few_others() -> None:
    stopping = StoppingScheduler(choose_scheduler("median", "tpe", 9), UP)
    assert _run(stopping, [0.5, 0.6, 0.7, 0.1, 0.9], 9) == [9, 9, 9, 1, 9]


def test_hyperband_starts_its_brackets_at_different_rungs() -> None:
    stopping = StoppingScheduler(choose_scheduler("hyperband", "tpe", 9), UP)
    falling = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]
    assert _run(stopping, falling, 9) == [9, 9, 1, 3, 1, 3]


def test_the_last_epoch_is_finished_not_stopped() -> None:
    stopping = StoppingScheduler(Scheduler("asha", epochs=3, grace=1, factor=2), UP)
    stopping.decide(0, 2, 0.9)
    assert stopping.decide(1, 3, 0.1)


def _epochs(number: int, value: float, last: int) -> list[EpochEvent]:
    return [EpochEvent(0.0, number, epoch, {"score": value}) for epoch in range(1, last + 1)]


def test_rungs_are_filled_from_the_ledger() -> None:
    events = [SessionEvent(0.0), *_epochs(0, 0.8, 9), *_epochs(1, 0.9, 9), *_epochs(2, 0.85, 1)]
    stopping = make_scheduler(choose_scheduler("asha", "tpe", 9), UP, events)
    assert stopping is not None
    assert stopping.stopped == {2}
    assert _run(stopping, [0.1], 9, first=3) == [1]
    assert stopping.decide(2, 1, 0.0), "an epoch that is run again is not compared again"


def test_a_trial_that_went_on_all_the_same_is_not_stopped() -> None:
    """Earlier versions lost the stop of a trial whose driver died right then."""
    events = [*_epochs(0, 0.9, 9), *_epochs(1, 0.1, 2), *_epochs(2, 0.1, 9)]
    stopping = make_scheduler(choose_scheduler("asha", "tpe", 9), UP, events)
    assert stopping is not None
    assert not stopping.stopped


@pytest.mark.parametrize("reported", [{}, {"epoch": 1}, {"failure": "x"}])
def test_reports_without_the_metric_are_let_through(reported: dict[str, Any]) -> None:
    stopping = StoppingScheduler(choose_scheduler("asha", "tpe", 9), UP)
    trial = SimpleNamespace(config={"number": 0})
    assert stopping.on_trial_result(None, trial, reported) == "CONTINUE"


def test_a_stop_is_remembered_by_number() -> None:
    stopping = StoppingScheduler(choose_scheduler("asha", "tpe", 9), UP)
    decisions = [
        stopping.on_trial_result(
            None, SimpleNamespace(config={"number": number}), {"epoch": 1, "kpi/score": score}
        )
        for number, score in enumerate([0.9, 0.1])
    ]
    assert decisions == ["CONTINUE", "STOP"]
    assert stopping.stopped == {1}


def test_no_scheduler_no_rungs() -> None:
    assert make_scheduler(Scheduler(), UP, []) is None


def test_a_stop_that_the_driver_could_not_record_holds() -> None:
    events = [*_epochs(0, 0.9, 9), *_epochs(1, 0.1, 1)]
    scheduler = choose_scheduler("asha", "tpe", 9)
    stopping = make_scheduler(scheduler, UP, events)
    assert stopping is not None
    assert stopping.stopped == {1}
    went_on = make_scheduler(scheduler, UP, [*events, EpochEvent(0.0, 1, 2, {"score": 0.1})])
    assert went_on is not None
    assert not went_on.stopped, "it ran on, so nothing is left to be done"
