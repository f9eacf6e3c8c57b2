"""What an interrupted sweep still waits for."""

import threading
from types import SimpleNamespace
from typing import Any

import pytest

from automl.sweep.stopping import LINGER_S, GracefulInterrupt
from automl.sweep.tune import EPOCH_GRACE_S as GRACE_S
from automl.sweep.workers.actor import KPI, NUMBER


class _Sweep:
    """Trials that run, and a clock."""

    def __init__(self) -> None:
        self.now = 100.0
        self.interrupted = threading.Event()
        self.trials = [self._trial(0), self._trial(1)]
        self.last = GracefulInterrupt(self.interrupted, GRACE_S, clock=lambda: self.now)

    @staticmethod
    def _trial(number: int) -> Any:
        return SimpleNamespace(config={NUMBER: number}, status="RUNNING")

    def is_over(self, after_s: float = 0.0) -> bool:
        self.now += after_s
        self.last.on_step_end(0, self.trials)
        return self.last.over

    def report(self, number: int, **result: Any) -> None:
        self.last.on_trial_result(0, self.trials, self.trials[number], result)


@pytest.fixture
def sweep() -> _Sweep:
    return _Sweep()


def test_nothing_is_over_before_an_interrupt(sweep: _Sweep) -> None:
    sweep.report(0, **{KPI: {}})
    sweep.report(1, **{KPI: {}})
    assert not sweep.is_over(2 * GRACE_S)


def test_the_sweep_is_over_soon_after_each_trial_ended_an_epoch(sweep: _Sweep) -> None:
    sweep.report(1, **{KPI: {}})  # before the interrupt
    sweep.interrupted.set()
    assert not sweep.is_over()
    sweep.report(0, **{KPI: {}})
    sweep.report(1, ready=True)  # no epoch
    assert not sweep.is_over(LINGER_S)
    sweep.report(1, **{KPI: {}})
    assert not sweep.is_over()
    assert not sweep.is_over(LINGER_S / 2)
    assert sweep.is_over(LINGER_S / 2)


def test_trials_that_finish_meanwhile_are_not_waited_for(sweep: _Sweep) -> None:
    sweep.interrupted.set()
    assert not sweep.is_over()
    for trial in sweep.trials:
        trial.status = "TERMINATED"
    assert sweep.is_over()


def test_a_long_epoch_is_not_waited_for(sweep: _Sweep) -> None:
    sweep.interrupted.set()
    assert not sweep.is_over()
    sweep.report(0, **{KPI: {}})
    assert not sweep.is_over(GRACE_S - 1)
    assert sweep.is_over(1)


def test_where_nothing_runs_nothing_is_waited_for(sweep: _Sweep) -> None:
    for trial in sweep.trials:
        trial.status = "PENDING"
    sweep.interrupted.set()
    assert sweep.is_over()
