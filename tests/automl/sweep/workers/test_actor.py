"""A trial's time begins with its function, not with its worker."""

from automl.sweep.workers.actor import RunTime


def test_the_first_report_alone_says_what_was_run_since_the_worker_was_ready() -> None:
    now = iter([100.0, 103.0, 200.0, 201.5])
    run = RunTime(lambda: next(now))
    assert run.once() == {}
    run.begin()
    assert run.once() == {"ran_s": 3.0}
    assert run.once() == {}
    run.begin()  # as a warm worker's next trial does
    assert run.once() == {"ran_s": 1.5}
