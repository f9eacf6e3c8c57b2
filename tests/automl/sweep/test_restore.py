"""A run taken up again after a death at any point between two writes."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.search.outcomes import frozen_trial
from automl.search.study import Study
from automl.search.suggestion import Suggestion
from automl.space import Float, Space
from automl.sweep.proposer import NO_TICKET, FixedProposals
from automl.sweep.recorder import Recorder
from automl.sweep.restore import end_stopped, restore
from automl.sweep.retention import Retention
from automl.sweep.retries import OomRetries
from automl.sweep.stop_rules import StopRule
from automl.trial.faults import Cause
from automl.trial.ledger.events import ClosedEvent, EndEvent, SessionEvent, StartEvent
from automl.trial.ledger.lines import seal, unseal
from automl.trial.ledger.writer import Ledger, read_ledger, seconds_used
from automl.trial.objective import Objective

SPACE = Space(parameters=(Float(name="lr", low=0.0, high=1.0, default=0.5),))


@pytest.fixture
def open_run(tmp_path: Path) -> Any:
    def opened(budget: int = 10, oom_retries: OomRetries | None = None) -> Recorder:
        study = Study(
            tmp_path / "study.journal", space=SPACE, base={"lr": 0.5}, algorithm="random",
            direction="maximize", seed=1,
        )  # fmt: skip
        events = read_ledger(tmp_path / "ledger.jsonl")
        recorder = Recorder(
            study=study,
            ledger=Ledger(tmp_path / "ledger.jsonl"),
            objective=Objective("score", "maximize"),
            listener=lambda event: None,
            budget=budget,
            run_dir=tmp_path,
            stop_rule=StopRule(Objective("score", "maximize"), None, None),
            retention=Retention(tmp_path, Objective("score", "maximize")),
        )
        recorder.oom_retries = oom_retries or OomRetries()
        restore(recorder, events)
        return recorder

    return opened


def test_finished_trials_stay_and_unfinished_run_again_first(open_run: Any) -> None:
    first = open_run()
    starts = [first.start() for _ in range(3)]
    first.epoch(1, 1, {"score": 0.7})
    first.end(1, "finished")
    second = open_run()
    assert second.started == 3
    assert second.best == (0.7, 1)
    again = [second.start(), second.start()]
    assert again == [starts[0], starts[2]]
    assert second.start().number == 3


def test_a_trial_that_a_rung_stopped_before_the_driver_died_does_not_run_again(
    open_run: Any, tmp_path: Path
) -> None:
    first = open_run(budget=3)
    for number in range(3):
        first.start()
        first.epoch(number, 1, {"score": 0.1 * number})
    second = open_run(budget=3)
    end_stopped(second, {1})
    assert [start.number for start in second.restarts] == [0, 2]
    assert second.live == 0
    ends = [e for e in read_ledger(tmp_path / "ledger.jsonl") if isinstance(e, EndEvent)]
    assert [(end.number, end.state) for end in ends] == [(1, "stopped")]
    assert frozen_trial(second.study._study, 1).state.name == "PRUNED"
    assert [start.number for start in open_run(budget=3).restarts] == [0, 2]


def test_an_interrupted_trial_runs_again(open_run: Any) -> None:
    first = open_run()
    start = first.start()
    first.interrupt()
    assert open_run().start() == start


def test_the_budget_counts_what_was_started(open_run: Any) -> None:
    first = open_run(budget=2)
    first.start()
    first.end(0, "failed", Cause("x"))
    second = open_run(budget=2)
    assert not second.spent
    second.start()
    assert second.spent


def test_what_a_dead_machine_lost_of_the_journal_is_told_again(
    open_run: Any, tmp_path: Path
) -> None:
    """Only suggestions wait for the disk; the torn line is what the machine was writing."""
    first = open_run()
    first.start()
    journal = tmp_path / "study.journal"
    flushed = journal.read_bytes()
    for epoch in (1, 2):
        first.epoch(0, epoch, {"score": epoch / 10})
    first.end(0, "stopped")
    told = _trial(open_run())
    journal.write_bytes(flushed + b'{"op_code": 6, "wor')
    assert _trial(open_run()) == told
    assert told == ("PRUNED", {1: 0.1, 2: 0.2})


def _trial(recorder: Recorder) -> tuple[str, dict[int, float]]:
    frozen = frozen_trial(recorder.study._study, 0)
    return frozen.state.name, frozen.intermediate_values


def test_an_end_that_the_study_never_heard_of_is_told(open_run: Any, tmp_path: Path) -> None:
    first = open_run()
    first.start()
    first.epoch(0, 1, {"score": 0.9})
    first.ledger.end(0, "finished")
    open_run()
    told = _told(tmp_path)
    assert told[-1]["values"] == [0.9]


def test_a_suggestion_that_the_ledger_never_saw_runs_next(open_run: Any, tmp_path: Path) -> None:
    suggestion = open_run().study.ask()
    start = open_run().start()
    assert (start.number, start.ticket) == (0, suggestion.ticket)
    assert start.values == suggestion.values
    assert [entry for entry in _told(tmp_path) if entry.get("state") == 3] == []


def test_time_of_earlier_sessions_counts() -> None:
    events = [
        SessionEvent(10.0),
        EndEvent(25.0, 0, "finished"),
        SessionEvent(1000.0),
        StartEvent(1005.0, 1, 1, "search", {}),
    ]
    assert seconds_used(events) == 20.0
    assert seconds_used([]) == 0.0


def _told(folder: Path) -> list[dict[str, Any]]:
    """The journal's entries that end a trial (operation code 6)."""
    lines = (folder / "study.journal").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    return [entry for entry in entries if "state" in entry and entry.get("state") in (1, 2, 3)]


def test_a_trial_that_goes_on_keeps_what_it_reached(open_run: Any) -> None:
    first = open_run()
    first.start()
    first.epoch(0, 1, {"score": 0.9})
    first.interrupt()
    second = open_run()
    second.start()
    second.epoch(0, 2, {"score": 0.5})
    second.end(0, "finished")
    assert second.best == (0.9, 0)


def test_failures_after_earlier_successes_are_no_first_failures(open_run: Any) -> None:
    first = open_run()
    for number in range(4):
        first.start()
        first.epoch(number, 1, {"score": 0.1})
        first.end(number, "finished")
    second = open_run()
    for number in range(4, 7):
        second.start()
        second.end(number, "failed", Cause("no crops"))
    assert second.abort_reason == ""


def test_failures_are_counted_in_the_ledgers_order_though_the_clock_was_set_back(
    open_run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = open_run(budget=20)
    for number in range(5):
        first.start()
        first.epoch(number, 1, {"score": 0.1})
        first.end(number, "finished")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 86400)
    second = open_run(budget=20)
    for number in range(5, 10):
        second.start()
        second.end(number, "failed", Cause("no crops"))
    assert second.abort_reason == ""
    third = open_run(budget=20)
    third.start()
    third.end(10, "failed", Cause("no crops"))
    assert third.abort_reason.startswith("6 of the last 10 trials failed: no crops")


def test_what_the_time_budget_cuts_is_stopped_and_not_run_again(open_run: Any) -> None:
    first = open_run()
    first.start()
    first.epoch(0, 1, {"score": 0.3})
    first.out_of_time()
    assert open_run().start().number == 1


def test_a_trial_goes_on_in_the_parts_that_it_was_granted(open_run: Any) -> None:
    first = open_run()
    first.oom_retries = OomRetries("train.parts", limit=1)
    first.start()
    first.end(0, "failed", Cause("CUDA out of memory", "out_of_memory"))
    again = open_run(oom_retries=OomRetries("train.parts", limit=1))
    assert again.start().changed == {"train.parts": 2}
    assert again.retries.used[0] == 0
    again.end(0, "failed", Cause("CUDA out of memory", "out_of_memory"))
    assert again.start().number == 1


def test_a_trial_that_begins_in_parts_is_taken_up_in_them_and_may_run_out_of_memory_once(
    open_run: Any,
) -> None:
    oom = Cause("CUDA out of memory", "out_of_memory")
    first = open_run(oom_retries=OomRetries("train.parts", limit=1))
    listed = Suggestion(NO_TICKET, "confirm", {"lr": 0.1}, changed={"train.parts": 2})
    first.study = FixedProposals([listed])
    assert first.start().changed == {"train.parts": 2}
    again = open_run(oom_retries=OomRetries("train.parts", limit=1))
    again.study = FixedProposals([])
    assert again.retries.used[0] == 0
    assert again.start().changed == {"train.parts": 2}
    again.end(0, "failed", oom)
    assert again.start().changed == {"train.parts": 4}
    again.end(0, "failed", oom)
    assert again.start() is None
    assert again.oom_retries.count(0) == 1


def test_want_of_memory_is_still_the_cause_after_a_lost_worker_and_a_resume(open_run: Any) -> None:
    parts = {"key": "train.parts", "limit": 2}
    first = open_run(oom_retries=OomRetries(**parts))
    first.start()
    first.end(0, "failed", Cause("CUDA out of memory", "out_of_memory"))
    first.start()
    first.end(0, "failed", Cause("the worker died", "infrastructure"))
    again = open_run(oom_retries=OomRetries(**parts))
    assert again.start().changed == {"train.parts": 2}
    again.end(0, "failed", Cause("batch cannot be cut", "data"))
    retried = [event for event in read_ledger(again.ledger.path) if isinstance(event, EndEvent)]
    assert (retried[-1].fault, retried[-1].failure) == (
        "out_of_memory", "CUDA out of memory; with more parts: batch cannot be cut",
    )  # fmt: skip


def _without_lines_of(path: Path, number: int) -> None:
    """What ``automl repair`` leaves of a ledger whose start of a trial is lost."""
    lines = [unseal(line) for line in path.read_bytes().splitlines()]
    kept = [line for line in lines if f'"number": {number},'.encode() not in line]
    path.write_bytes(b"".join(seal(n, line) + b"\n" for n, line in enumerate(kept, 1)))


@pytest.mark.parametrize("told_by", ["ledger", "repair", "study"])
def test_no_number_is_used_again(open_run: Any, tmp_path: Path, told_by: str) -> None:
    first, lost = open_run(), 1 if told_by == "ledger" else 2
    for number in range(3):
        first.start()
        if (number, told_by) == (2, "repair"):  # the study knows nothing of it
            first.end(number, "failed", Cause("it broke", "bug"))
            continue
        first.epoch(number, 1, {"score": 0.5})
        first.end(number, "finished")
    _without_lines_of(tmp_path / "ledger.jsonl", lost)
    if told_by == "repair":
        Ledger(tmp_path / "ledger.jsonl")._append(ClosedEvent(1.8e9, "interrupted", highest=2))
    second = open_run()
    assert second.started == 2
    assert second.start().number == 3
    assert second.start().number == 4


def test_a_trial_without_a_ticket_is_no_trial_of_a_sweep(open_run: Any, tmp_path: Path) -> None:
    Ledger(tmp_path / "ledger.jsonl").start(0, "search", {"lr": 0.5}, None)
    with pytest.raises(InputError, match="no ticket of trial 0000"):
        open_run()
