"""The pace of a run: trials side by side, the first wave's start, sessions."""

import pytest

from automl.results.throughput import measured_pace, probed_seconds
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, SessionEvent, StartEvent


def _run(
    *trials: tuple[float, float], opened: float = 0.0, ran_s: float = 10.0
) -> list[LedgerEvent]:
    """A session whose trials run from .. to, their functions ``ran_s`` before their one epoch."""
    events: list[LedgerEvent] = [SessionEvent(opened)]
    for number, (begun, ended) in enumerate(trials):
        events += [
            StartEvent(begun, number, None, "search", {}),
            EpochEvent(ended, number, 1, {"score": 1.0}, ran_s),
            EndEvent(ended, number, "finished"),
        ]
    return events


SLOW_START = [(0.0, 40.0), (0.0, 40.0)]  # 30 s of a worker's start before 10 s of training


@pytest.mark.parametrize(
    ("trials", "at_once", "pace"),
    [
        ([], 2, None),
        (SLOW_START[:1], 1, 0.1),
        (SLOW_START[:1], 2, 0.2),
        (SLOW_START, 2, 0.2),
        ([*SLOW_START, (40.0, 52.0)], 2, 0.2),
        ([*SLOW_START, (40.0, 52.0), (40.0, 52.0)], 2, 2 / 12),  # what lies between counts as well
        ([(0.0, 40.0), (40.0, 50.0), (50.0, 60.0)], 1, 0.1),
    ],
)
def test_a_workers_start_is_no_part_of_the_pace(
    trials: list[tuple[float, float]], at_once: int, pace: float | None
) -> None:
    events = _run(*trials)
    assert measured_pace(events, trial_histories(events), at_once) == (pace and pytest.approx(pace))


def test_what_lay_between_two_sessions_is_no_part_either() -> None:
    events = _run((0.0, 10.0), (10.0, 20.0), (9000.0, 9010.0), (9010.0, 9020.0))
    events.insert(7, SessionEvent(9000.0))
    assert measured_pace(events, trial_histories(events), 1) == pytest.approx(0.1)


def test_a_clock_that_was_set_back_between_two_sessions_hides_no_ends() -> None:
    events = _run((9000.0, 9010.0), (9010.0, 9020.0), (5.0, 20.0), (20.0, 35.0), (35.0, 50.0))
    events.insert(7, SessionEvent(0.0))
    assert measured_pace(events, trial_histories(events), 1) == pytest.approx(1 / 15)


def test_the_probe_counts_trials_side_by_side() -> None:
    assert probed_seconds((60.0, 90.0), 7, 2) == (240.0, 360.0)
    assert probed_seconds((60.0, 90.0), None, 2) is None
    assert probed_seconds((), 7, 2) is None


def test_a_break_is_no_part_of_the_time_that_a_trial_is_under_way() -> None:
    first, again = (StartEvent(time, 0, None, "search", {}) for time in (10.0, 1000.0))
    events: list[LedgerEvent] = [first, EndEvent(30.0, 0, "interrupted"), again]
    assert [trial_histories(events[:n])[0].since for n in (1, 3)] == [10.0, 980.0]
