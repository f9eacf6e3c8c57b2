"""What an interrupted sweep still waits for."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from automl.sweep.hooks import KPI, NUMBER
from automl.sweep.last_epochs import LastEpochs
from automl.sweep.progress import Event, Stopping


class _Sweep:
    """Trials that run, a clock, and what a listener heard."""

    def __init__(self) -> None:
        self.now = 100.0
        self.heard: list[Event] = []
        self.interrupted = threading.Event()
        self.trials = [self._trial(0), self._trial(1)]
        self.last = LastEpochs(self.interrupted, self.heard.append, 15.0, lambda: self.now)

    @staticmethod
    def _trial(number: int) -> Any:
        return SimpleNamespace(config={NUMBER: number}, status="RUNNING")

    def step(self) -> bool:
        self.last.on_step_end(0, self.trials)
        return self.last.over

    def report(self, number: int, **result: Any) -> bool:
        ends = self.last.ends({"config": {NUMBER: number}, **result})
        if ends:
            self.trials[number].status = "TERMINATED"
        return ends


@pytest.fixture
def sweep() -> _Sweep:
    return _Sweep()


def test_nothing_ends_before_an_interrupt(sweep: _Sweep) -> None:
    assert not sweep.report(0, **{KPI: {}})
    assert not sweep.step()
    assert not sweep.heard


def test_each_trial_ends_with_its_epoch_and_the_sweep_with_the_last(sweep: _Sweep) -> None:
    sweep.interrupted.set()
    assert not sweep.step()
    assert sweep.heard == [Stopping(15.0)]
    assert not sweep.report(0, ready=True)  # no epoch yet
    assert sweep.report(0, **{KPI: {}})
    assert not sweep.step()
    assert sweep.report(1, **{KPI: {}})
    assert sweep.step()
    assert sweep.last.stopped == {0, 1}
    assert sweep.heard == [Stopping(15.0)]


def test_a_long_epoch_is_not_waited_for(sweep: _Sweep) -> None:
    sweep.interrupted.set()
    assert not sweep.step()
    sweep.now += 14.0
    assert not sweep.step()
    sweep.now += 1.0
    assert sweep.step()
    assert not sweep.last.stopped


def test_where_nothing_runs_nothing_is_waited_for(sweep: _Sweep) -> None:
    for trial in sweep.trials:
        trial.status = "PENDING"
    sweep.interrupted.set()
    assert sweep.step()
    assert not sweep.heard
