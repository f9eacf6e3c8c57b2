"""Rows computed from ledger events."""

from dataclasses import replace

import pytest

from automl.results.table.rows import best_row, epoch_rows, trial_rows
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.objective import Objective

MAXIMIZE = Objective("score", "maximize")
MINIMIZE = Objective("score", "minimize")


def _events(values: dict[int, list[float]], ends: dict[int, str]) -> list[LedgerEvent]:
    events: list[LedgerEvent] = []
    for number, scores in values.items():
        start = 100.0 * number
        events.append(StartEvent(start, number, None, "search", {"train.lr": 0.1 * number}))
        events += [
            EpochEvent(start + i, number, i, {"score": score, "loss": 1 - score})
            for i, score in enumerate(scores, start=1)
        ]
        if number in ends:
            events.append(EndEvent(start + 9, number, ends[number], host="h", gpu_count=0))
    return events


def test_a_trials_metrics_are_those_of_its_best_epoch() -> None:
    events = _events({0: [0.2, 0.7, 0.6]}, {0: "finished"})
    (row,) = trial_rows(trial_histories(events), MAXIMIZE)
    assert (row["score"], row["loss"], row["best_epoch"], row["epochs"]) == (0.7, 1 - 0.7, 2, 3)
    (row,) = trial_rows(trial_histories(events), MINIMIZE)
    assert (row["score"], row["best_epoch"]) == (0.2, 1)


@pytest.mark.parametrize(
    ("reported", "budget", "trained"),
    [
        ([0, 1, 2], 3, 3),
        ([0, 1], 3, 2),
        ([0, 1, 2], None, 3),
        ([0, 1, 2, 3], 3, 3),  # epoch 0 was before the training
        ([1, 2, 3], 3, 3),
        ([9, 19, 29], 30, 30),
        ([9, 19, 24], 25, 25),
        ([10, 20, 30], 30, 30),
        ([2, 4, 5], 5, 5),
        ([2], 3, 2),
        ([], 3, 0),
    ],
)
def test_epochs_are_counted_whatever_their_first_number(
    reported: list[int], budget: int | None, trained: int
) -> None:
    events: list[LedgerEvent] = [StartEvent(0.0, 0, None, "search", {})]
    events += [EpochEvent(1.0 + epoch, 0, epoch, {"score": 0.5}) for epoch in reported]
    spec = {"train": {"num_epochs": budget}} if budget else {}
    (row,) = trial_rows(trial_histories(events), MAXIMIZE, spec=spec)
    assert row["epochs"] == trained


def test_columns_are_those_of_the_contract() -> None:
    (row,) = trial_rows(trial_histories(_events({3: [0.5]}, {3: "finished"})), MAXIMIZE)
    expected = "trial_id number state source score best_epoch loss param.train.lr epochs time_s"
    expected += " start end host gpu_count failure fault changed"
    assert list(row) == expected.split()
    assert (row["trial_id"], row["time_s"]) == ("0003", 9.0)


def test_a_trial_without_an_end_is_running_and_may_lack_a_value() -> None:
    (row,) = trial_rows(trial_histories(_events({0: []}, {})), MAXIMIZE)
    assert (row["state"], row["score"], row["time_s"], row["end"]) == ("running", None, None, None)


def test_epochs_that_are_run_again_replace_the_first_go() -> None:
    again = _events({0: [0.4, 0.5]}, {0: "finished"})
    (row,) = trial_rows(
        trial_histories(_events({0: [0.9, 0.8, 0.7]}, {0: "interrupted"}) + again), MAXIMIZE
    )
    assert (row["score"], row["state"], row["epochs"]) == (0.5, "finished", 2)


def test_a_trial_that_goes_on_keeps_its_earlier_epochs() -> None:
    events = _events({0: [0.3, 0.9]}, {})
    later = [
        e for e in _events({0: [0.1, 0.2, 0.8]}, {0: "finished"}) if getattr(e, "epoch", None) != 1
    ]
    on = [e for e in later if getattr(e, "epoch", None) != 2]
    (row,) = trial_rows(trial_histories(events + on), MAXIMIZE)
    assert (row["score"], row["best_epoch"], row["epochs"]) == (0.9, 2, 3)


def test_epoch_rows_count_seconds_from_the_trials_start() -> None:
    rows = epoch_rows(trial_histories(_events({1: [0.1, 0.2]}, {})))
    assert [(row["epoch"], row["time_s"], row["score"]) for row in rows] == [
        (1, 1.0, 0.1),
        (2, 2.0, 0.2),
    ]


def test_the_champion_is_the_earliest_best_and_never_a_failed_trial() -> None:
    events = _events(
        {0: [0.5], 1: [0.8], 2: [0.8], 3: [0.9], 4: []},
        {0: "finished", 1: "finished", 2: "stopped", 3: "failed", 4: "finished"},
    )
    rows = trial_rows(trial_histories(events), MAXIMIZE)
    best = best_row(rows, MAXIMIZE)
    assert best is not None
    assert best["number"] == 1
    lowest = best_row(rows, MINIMIZE)
    assert lowest is not None
    assert lowest["number"] == 0
    assert best_row([], MAXIMIZE) is None


def test_two_records_of_one_epoch_are_one_row() -> None:
    events = _events({0: [0.3]}, {})
    more = EpochEvent(1.5, 0, 1, {"mAP": 0.2})
    (row,) = trial_rows(trial_histories([*events, more]), MAXIMIZE)
    assert (row["score"], row["mAP"], row["epochs"]) == (0.3, 0.2, 1)


def test_metrics_called_like_our_columns_do_not_replace_them() -> None:
    events = _events({4: [0.3]}, {})
    events[-1] = EpochEvent(401.0, 4, 1, {"score": 0.3, "epoch": 99.0, "number": 7.0})
    (row,) = trial_rows(trial_histories(events), MAXIMIZE)
    (epoch,) = epoch_rows(trial_histories(events))
    assert (row["number"], row["kpi.number"]) == (4, 7.0)
    assert (epoch["epoch"], epoch["kpi.epoch"]) == (1, 99.0)


def test_time_between_sessions_does_not_count() -> None:
    first = _events({0: [0.1, 0.2]}, {})
    ends = _events({0: []}, {0: "finished"})
    again = [replace(event, time=event.time + 5000) for event in ends]
    (row,) = trial_rows(trial_histories(first + again), MAXIMIZE)
    assert row["time_s"] == 2.0 + 9.0
