"""When a sweep stops early, which trials run again, which are overdue."""

import pytest

from automl.sweep.retries import Retries
from automl.sweep.stop_rules import FailureMonitor
from automl.trial.faults import Cause
from automl.trial.timeouts import Limits, TimeoutWatch

NAN = Cause("metric score is nan at epoch 1", "nan")
NAN_LATER = Cause("metric score is nan at epoch 7", "nan")
OOM = Cause("CUDA out of memory", "out_of_memory")


def _judge(*causes: Cause | None) -> list[str]:
    failure_monitor = FailureMonitor()
    return [failure_monitor.judge(cause) for cause in causes]


def test_three_first_failures_that_differ_in_numbers() -> None:
    assert _judge(NAN, NAN_LATER, NAN) == [
        "", "", "the first 3 trials all failed: metric score is nan at epoch 1",
    ]  # fmt: skip


def test_a_metric_that_the_trainer_does_not_report_ends_the_sweep_at_once() -> None:
    cause = Cause("the trainer does not report the metric foo; it reports: score", "bug")
    assert _judge(None, cause)[-1] == cause.reason


@pytest.mark.parametrize("causes", [[NAN, OOM, NAN], [NAN, None, NAN, NAN], [None, NAN, NAN, NAN]])
def test_three_others_are_no_reason(causes: list[Cause | None]) -> None:
    assert not any(_judge(*causes))


def test_more_than_half_of_the_last_ten() -> None:
    five = [None, OOM] * 5
    assert not any(_judge(*five))
    assert _judge(*five, None, OOM, OOM)[-1] == "6 of the last 10 trials failed: CUDA out of memory"


def test_ten_failures_of_two_causes_are_no_reason() -> None:
    assert not any(_judge(None, *[OOM, NAN] * 8))


@pytest.mark.parametrize("fault", ["infrastructure", "preemption"])
def test_a_fault_that_passes_is_tried_again_as_often_as_allowed(fault: str) -> None:
    retries = Retries(limit=2)
    assert [retries.use(4, fault) for _ in range(3)] == [True, True, False]
    assert retries.use(5, fault)


@pytest.mark.parametrize("fault", ["out_of_memory", "nan", "data", "bug", "timeout", "unknown", ""])
def test_a_deterministic_fault_never_is(fault: str) -> None:
    assert not Retries(limit=9).use(0, fault)


def test_no_retries_when_none_are_wanted() -> None:
    assert not Retries(limit=0).use(0, "infrastructure")


def test_overdue_trials() -> None:
    watch = TimeoutWatch(Limits(trial_s=100.0, stall_s=10.0))
    watch.started(1, 0.0)
    watch.started(2, 5.0)
    assert watch.overdue(9.0) == {}
    watch.reported(1, 9.0)
    assert watch.overdue(16.0) == {2: "reported nothing for --stall-timeout 10 s"}
    watch.ended(2)
    watch.reported(1, 99.0)
    assert watch.overdue(101.0) == {1: "ran longer than --trial-timeout 100 s"}


def test_no_limits() -> None:
    watch = TimeoutWatch(Limits())
    watch.started(1, 0.0)
    assert watch.overdue(1e9) == {}


def test_of_a_childs_log_the_exception_is_told() -> None:
    tail = "; last lines of its log: x = 1 | ValueError: no crops"
    cause = Cause(f"train.py ended with exit code 1{tail}", "bug")
    assert _judge(cause, cause, cause)[-1] == "the first 3 trials all failed: ValueError: no crops"
