"""The recorder: ledger and study agree, hopeless sweeps end, beaten checkpoints go."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from automl.results.table.rows import epoch_rows, trial_rows
from automl.search.suggestion import Suggestion
from automl.sweep.callbacks import StudySearcher
from automl.sweep.notices import EpochDone, TrialEnded, TrialRetried, TrialStarted
from automl.sweep.proposer import FixedProposals
from automl.sweep.recorder import Recorder
from automl.sweep.retention import Retention
from automl.sweep.retries import OomRetries
from automl.sweep.stop_rules import StopRule
from automl.trial.faults import Cause
from automl.trial.history import trial_histories
from automl.trial.ledger.events import EndEvent
from automl.trial.ledger.lines import open_line
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.objective import TRAIN_TIME, Objective


class FakeStudy:
    """Counts what it is asked and remembers what it is told."""

    needed: frozenset[int] = frozenset()
    waits = False

    def __init__(self) -> None:
        self.asked = 0
        self.told: list[tuple[int, str, float | None]] = []
        self.reported: list[tuple[int, int, float]] = []
        self.faults: list[str] = []
        self.errors: list[float | None] = []
        self.further: list[list[float | None]] = []

    def ask(self) -> Suggestion | None:
        self.asked += 1
        return Suggestion(self.asked - 1, "search", {"x": self.asked})

    def report(self, ticket: int, epoch: int, value: float) -> None:
        self.reported.append((ticket, epoch, value))

    def tell(
        self,
        number: int,
        outcome: str,
        value: float | None,
        *,
        further: Sequence[float | None],
        fault: str,
        se: float | None,
    ) -> None:
        self.told.append((number, outcome, value))
        self.further.append(list(further))
        self.faults.append(fault)
        self.errors.append(se)


@pytest.fixture
def heard() -> list[Any]:
    return []


@pytest.fixture
def recorder(tmp_path: Path, heard: list[Any]) -> Recorder:
    return Recorder(
        study=FakeStudy(),  # type: ignore[arg-type]
        ledger=Ledger(tmp_path / "ledger.jsonl"),
        objective=Objective("score", "maximize"),
        listener=heard.append,
        budget=5,
        run_dir=tmp_path,
        stop_rule=StopRule(Objective("score", "maximize"), None, None),
        retention=Retention(tmp_path, Objective("score", "maximize")),
    )


def _checkpoint(run: Path, number: int) -> Path:
    path = run / "trials" / f"{number:04d}" / "model_epoch_001.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"w")
    return path


def test_the_best_value_is_told_not_the_last(recorder: Recorder, heard: list[Any]) -> None:
    recorder.start()
    for epoch, score in enumerate([0.2, 0.9, 0.5], start=1):
        recorder.epoch(0, epoch, {"score": score})
    recorder.end(0, "finished")
    assert recorder.study.told == [(0, "finished", 0.9)]
    assert recorder.study.reported == [(0, 1, 0.2), (0, 2, 0.9), (0, 3, 0.5)]
    assert [type(event) for event in heard] == [TrialStarted, *[EpochDone] * 3, TrialEnded]
    assert heard[-1].value == 0.9


def test_an_end_counts_once(recorder: Recorder, tmp_path: Path) -> None:
    recorder.start()
    recorder.end(0, "finished")
    recorder.end(0, "failed", Cause("late"))
    ends = [e for e in read_ledger(tmp_path / "ledger.jsonl") if isinstance(e, EndEvent)]
    assert [(e.number, e.state) for e in ends] == [(0, "finished")]


def test_the_budget_is_spent_by_starts(recorder: Recorder) -> None:
    for _ in range(5):
        assert not recorder.spent
        recorder.start()
    assert recorder.spent
    assert recorder.live == 5


def test_three_equal_first_failures_end_the_sweep(recorder: Recorder) -> None:
    for number in range(3):
        assert recorder.abort_reason == ""
        recorder.start()
        recorder.end(number, "failed", Cause("no crops"))
    assert recorder.abort_reason == "the first 3 trials all failed: no crops"
    assert recorder.spent


@pytest.mark.parametrize("reasons", [["a", "b", "a"], ["a", None, "a", "a"]])
def test_other_failures_do_not(recorder: Recorder, reasons: list[str | None]) -> None:
    for number, reason in enumerate(reasons):
        recorder.start()
        recorder.end(number, "failed" if reason else "finished", Cause(reason) if reason else None)
    assert recorder.abort_reason == ""


def test_only_the_best_trials_checkpoints_stay(recorder: Recorder, tmp_path: Path) -> None:
    files = [_checkpoint(tmp_path, number) for number in range(4)]
    for number, score in enumerate([0.5, 0.8, 0.6, None]):
        recorder.start()
        if score is not None:
            recorder.epoch(number, 1, {"score": score})
        recorder.end(number, "finished" if score is not None else "failed")
    assert [path.exists() for path in files] == [False, True, False, False]


def test_an_interrupt_closes_what_runs(recorder: Recorder, tmp_path: Path) -> None:
    recorder.start()
    recorder.start()
    recorder.end(0, "finished")
    recorder.interrupt()
    ends = [e for e in read_ledger(tmp_path / "ledger.jsonl") if isinstance(e, EndEvent)]
    assert [(e.number, e.state) for e in ends] == [(0, "finished"), (1, "interrupted")]
    assert recorder.live == 0


def test_why_a_trial_failed_is_told(recorder: Recorder) -> None:
    for number, fault in enumerate(["bug", "out_of_memory", "nan"]):
        recorder.start()
        recorder.end(number, "failed", Cause("it broke", fault))
    study: Any = recorder.study
    assert study.faults == ["bug", "out_of_memory", "nan"]


def test_the_standard_error_of_the_best_value_is_told(recorder: Recorder) -> None:
    name = recorder.objective.metric
    for errors in ((0.1, 0.2), (None, None)):
        start = recorder.start()
        assert start is not None
        for epoch, (value, error) in enumerate(zip((0.4, 0.9), errors, strict=True), start=1):
            kpi = {name: value} | ({f"{name}_se": error} if error else {})
            recorder.epoch(start.number, epoch, kpi)
        recorder.end(start.number, "finished")
    study: Any = recorder.study
    assert study.errors == [0.2, None]


OOM = Cause("CUDA out of memory", "out_of_memory")


def test_out_of_memory_runs_again_in_more_parts_until_they_are_spent(
    recorder: Recorder, heard: list[Any]
) -> None:
    recorder.oom_retries = OomRetries("train.parts", limit=2, base=1)
    for parts in (None, 2, 4):
        start = recorder.start()
        assert start is not None
        assert start.number == 0
        assert start.changed == ({"train.parts": parts} if parts else {})
        recorder.end(0, "failed", OOM)
    assert recorder.study.told == [(0, "failed", None)]
    assert recorder.study.faults == ["out_of_memory"]
    retried = [event for event in heard if isinstance(event, TrialRetried)]
    assert retried[1].failure == "CUDA out of memory (train.parts 4)"
    assert recorder.start().number == 1


def test_parts_that_the_trainer_refuses_are_still_want_of_memory(recorder: Recorder) -> None:
    recorder.oom_retries = OomRetries("train.parts", limit=1)
    recorder.start()
    recorder.end(0, "failed", OOM)
    recorder.start()
    recorder.end(0, "failed", Cause("16 cannot be cut", "data"))
    (end,) = [e for e in read_ledger(recorder.ledger.path) if getattr(e, "state", "") == "failed"]
    assert isinstance(end, EndEvent)
    assert (end.fault, recorder.study.faults) == ("out_of_memory", ["out_of_memory"])
    assert end.failure == "CUDA out of memory; with more parts: 16 cannot be cut"


def test_further_objectives_are_told_without_reading_the_ledger(recorder: Recorder) -> None:
    recorder.oom_retries = OomRetries("train.parts", limit=1)
    recorder.further = (Objective("size", "minimize"), Objective(TRAIN_TIME, "minimize"))
    for size in (3.0, 7.0):  # the second go replaces the first
        recorder.start()
        recorder.epoch(0, 1, {"score": 0.5, "size": size})
        recorder.epoch(0, 2, {"score": 0.4, "size": size - 1})
        if size == 3.0:
            recorder.end(0, "failed", OOM)
    path = recorder.ledger.path
    recorder.ledger.path = path.with_suffix(".next")  # a reader would not find the epochs
    recorder.end(0, "finished")
    (told,) = recorder.study.further
    events = [*read_ledger(path), open_line(recorder.ledger.path.read_bytes().rstrip())[1]]
    (history,) = trial_histories(events)
    assert told == [7.0, history.seconds]
    assert history.seconds > 0


def test_a_workers_start_is_no_time_of_its_trial(recorder: Recorder, heard: list[Any]) -> None:
    recorder.further = (Objective(TRAIN_TIME, "minimize"),)
    recorder.start()
    recorder.ledger._opened += 1000  # seconds pass
    recorder.epoch(0, 1, {"score": 0.5}, ran_s=0.01)
    recorder.end(0, "finished")
    recorder.start()
    recorder.ledger._opened += 1000  # seconds pass
    recorder.epoch(1, 1, {"score": 0.5})  # one that does not say it, as in older ledgers
    recorder.end(1, "finished")
    (short,), (long,) = recorder.study.further
    assert 0.01 <= short < 1000 <= long
    assert [e.seconds for e in heard if isinstance(e, TrialEnded)] == [short, long]
    histories = trial_histories(read_ledger(recorder.ledger.path))
    rows = trial_rows(histories, recorder.objective)
    assert [row["time_s"] for row in rows] == [short, long]


def test_a_workers_start_is_no_time_of_a_trial_that_never_reports(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    for number, ready in enumerate((True, False)):
        recorder.start()
        now += 20.0  # the worker imports the trainer
        if ready:
            recorder.ready(number)
        now += 3.0
        recorder.end(number, "failed", Cause("it broke", "bug"))
    recorder.start()
    recorder.ready(2)
    now += 5.0
    recorder.epoch(2, 1, {"score": 0.5}, ran_s=4.0)
    now += 6.0
    recorder.end(2, "finished")
    recorder.ready(7)  # no such trial: one that ended meanwhile
    histories = trial_histories(read_ledger(recorder.ledger.path))
    assert [history.seconds for history in histories] == pytest.approx([3.0, 23.0, 10.0])


def test_an_epoch_reported_late_keeps_every_value(recorder: Recorder) -> None:
    recorder.start()
    for epoch, score in ((1, 0.1), (5, 0.9), (2, 0.2), (6, 0.3)):
        recorder.epoch(0, epoch, {"score": score})
    recorder.end(0, "finished")
    assert recorder.study.told == [(0, "finished", 0.9)]
    (history,) = trial_histories(read_ledger(recorder.ledger.path))
    (row,) = trial_rows([history], recorder.objective)
    assert (row["best_epoch"], row["epochs"], row["score"]) == (5, 6, 0.9)
    epochs = [(each["epoch"], each["score"]) for each in epoch_rows([history])]
    assert epochs == [(1, 0.1), (2, 0.2), (5, 0.9), (6, 0.3)]


@pytest.mark.parametrize("finite", [True, False])
def test_the_last_trial_of_a_sweep_runs_again_too(recorder: Recorder, finite: bool) -> None:
    recorder.oom_retries = OomRetries("train.parts", limit=1)
    recorder.budget = None if finite else 1
    if finite:
        recorder.study = FixedProposals([Suggestion(0, "search", {"x": 1})])
    searcher = StudySearcher(recorder, lambda: 2, threading.Event())
    assert searcher.suggest("a")["values"] == {"x": 1}
    assert searcher.suggest("b") is None  # it may come back
    recorder.end(0, "failed", OOM)
    assert searcher.suggest("b")["values"] == {"x": 1, "train.parts": 2}
    assert searcher.suggest("c") is None
    recorder.end(0, "finished")
    assert searcher.suggest("c") == StudySearcher.FINISHED
