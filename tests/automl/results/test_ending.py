"""How a run ended, from its plan and the ledger's events."""

import itertools
from pathlib import Path
from typing import Any

import pytest

from automl.results.ending import (
    Ending,
    early_end,
    ending_of,
    is_out_of_time,
    why_no_champion,
)
from automl.results.run import Run
from automl.space import Float, Space
from automl.space.parameters.choice import Choice
from automl.trial.ledger.writer import Ledger, read_ledger, seconds_used
from automl.trial.objective import Objective

SPACE = Space((Float(name="lr", default=0.1, low=0.1, high=0.5),)).to_json()
OBJECTIVE = Objective("score", "maximize")
CUT = Ending("interrupted", goes_on=True)
LEFT = "all trials are over; what is left: best/, tables and report"
CUT_AT_THE_END = Ending("interrupted", LEFT, goes_on=True)
CONFIRM = {"best": 1, "repeats": 1, "seed_key": "seed", "first_seed": 2}


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    ledger.session(host="here", pid=1)
    return ledger


def _trial(ledger: Ledger, number: int, state: str = "finished", failure: str = "") -> None:
    ledger.start(number, "search", {"lr": 0.1 + number / 10})
    if state != "failed":
        ledger.epoch(number, 1, {"score": 0.5})
    if state != "running":
        ledger.end(number, state, failure, fault="bug" if failure else "")


def _ending(ledger: Ledger, *, written: bool = False, **facts: Any) -> Ending:
    plan = {"metric": "score", "direction": "maximize", "space": SPACE, "spec": {}, "trials": 2}
    tables = ledger.path.with_name("trials.parquet")
    tables.touch() if written else tables.unlink(missing_ok=True)
    return ending_of(Run(tables.parent, plan=plan | facts))


def test_a_killed_sweep_goes_on_though_only_its_tables_are_missing(ledger: Ledger) -> None:
    assert _ending(ledger) == CUT
    _trial(ledger, 0)
    _trial(ledger, 1, "running")
    assert _ending(ledger) == CUT
    ledger.end(1, "finished")
    assert _ending(ledger) == CUT_AT_THE_END
    ledger.closed("done")
    assert _ending(ledger) == Ending("done")
    ledger.session(host="here", pid=2)
    assert _ending(ledger, trials=3) == CUT


def _run(ledger: Ledger, **facts: Any) -> Run:
    plan = {"metric": "score", "direction": "maximize", "space": SPACE, "spec": {}, "trials": 10}
    return Run(ledger.path.parent, plan=plan | facts)


FINITE = Space((Choice(name="lr", default=0.1, choices=(0.1, 0.2)),)).to_json()


@pytest.mark.parametrize(
    ("facts", "out_of_time", "said"),
    [
        ({"space": FINITE}, False, "all 2 configurations of the space are tried: 2 of 10 trials"),
        ({"space": FINITE}, True, "all 2 configurations of the space are tried: 2 of 10 trials"),
        ({"space": FINITE, "course": {"repeats": True}}, False, ""),
        ({"space": FINITE, "trials": 2}, False, ""),
        ({"space": FINITE, "trials": None}, False, ""),
        (
            {"space": FINITE, "trials": None, "time_budget_s": 900},
            False,
            "all 2 configurations of the space are tried: before the time budget ended",
        ),
        ({"time_budget_s": 900}, True, "the time budget of 900 s is used up: 2 of 10 trials"),
        ({"time_budget_s": 900, "trials": None}, True, ""),
        ({}, False, ""),
    ],
)
def test_a_sweep_says_why_it_ran_fewer_trials(
    ledger: Ledger, facts: dict[str, Any], out_of_time: bool, said: str
) -> None:
    _trial(ledger, 0)
    _trial(ledger, 1)
    assert early_end(_run(ledger, **facts), out_of_time=out_of_time) == said


def test_a_time_budget_that_ends_before_any_report_is_named(ledger: Ledger) -> None:
    run = _run(ledger, time_budget_s=5)
    assert why_no_champion(run) == "no trial reached a value of score"
    words = "the time budget of 5 s ended before any trial reported score"
    assert why_no_champion(run, out_of_time=True) == f"{words}: give a longer --time-budget"
    _trial(ledger, 0, "failed", "boom")
    assert why_no_champion(_run(ledger, time_budget_s=5), out_of_time=True).startswith("no trial")
    ledger.start(1, "search", {"lr": 0.2})
    ledger.end(1, "stopped", "the time budget ended")
    said = why_no_champion(_run(ledger, time_budget_s=5), out_of_time=True)
    assert said == f"{words} (1 trials failed): give a longer --time-budget"


def test_a_sweep_of_before_there_was_a_last_word(ledger: Ledger) -> None:
    _trial(ledger, 0)
    assert _ending(ledger, written=True) == CUT
    assert _ending(ledger, written=True, trials=1) == Ending("done")
    ledger.closed("done")
    ledger.session(host="here", pid=2)
    assert _ending(ledger, written=True, trials=1) == CUT_AT_THE_END


def test_a_sweep_that_is_out_of_time_has_its_end_left(ledger: Ledger) -> None:
    used = {"trials": None, "time_budget_s": 0.0}
    failed = Ending("failed", "no trial reached a value of score")
    assert _ending(ledger, written=True, **used) == failed  # of an earlier version
    _trial(ledger, 0)
    assert _ending(ledger, **used) == CUT_AT_THE_END
    assert _ending(ledger, written=True, **used) == Ending("done")
    assert _ending(ledger, confirm=CONFIRM, **used) == CUT  # its confirmation is left, too
    ledger.closed("interrupted")
    assert _ending(ledger, **used) == CUT_AT_THE_END
    ledger.session(host="here", pid=2)
    ledger.closed("interrupted", "the champion's evaluation was cut short")
    cut = Ending("interrupted", "the champion's evaluation was cut short", goes_on=True)
    assert _ending(ledger, **used) == cut
    ledger.session(host="here", pid=3)
    ledger.closed("done")
    assert _ending(ledger, **used) == Ending("done")


def test_a_goal_that_was_reached_leaves_nothing_to_do(ledger: Ledger) -> None:
    _trial(ledger, 0)
    ledger.closed("done", early="trial 0000 reached score>=0.5")
    assert _ending(ledger, trials=50) == Ending("done", "trial 0000 reached score>=0.5")


def test_a_failed_sweep_goes_on_while_budget_is_left_or_its_end_is_missing(ledger: Ledger) -> None:
    _trial(ledger, 0)
    ledger.closed("failed", "see https://me:pass-word@host")
    assert _ending(ledger) == Ending("failed", "see https://***@host", goes_on=True)
    assert _ending(ledger, trials=1) == Ending("failed", "see https://***@host", goes_on=True)
    (ledger.path.parent / "best").mkdir()
    (ledger.path.parent / "report.html").touch()
    assert _ending(ledger, trials=1) == Ending("failed", "see https://***@host", goes_on=True)
    over = _ending(ledger, trials=1, written=True)
    assert over == Ending("failed", "see https://***@host"), "nothing is missing"


@pytest.mark.parametrize(
    ("state", "ending"),
    [
        ("running", Ending("interrupted")),
        ("interrupted", Ending("interrupted")),
        ("finished", Ending("done")),
        ("failed", Ending("failed", "it broke")),
    ],
)
def test_a_direct_run_without_a_last_word(ledger: Ledger, state: str, ending: Ending) -> None:
    assert _ending(ledger, space=None, trials=1) == Ending("interrupted")
    _trial(ledger, 0, state, "it broke" if state == "failed" else "")
    assert _ending(ledger, space=None, trials=1) == ending


def test_the_last_word_is_no_time_of_the_run(ledger: Ledger) -> None:
    _trial(ledger, 0)
    used = seconds_used(read_ledger(ledger.path))
    ledger.closed("done")
    assert seconds_used(read_ledger(ledger.path)) == used


def test_a_confirmation_does_not_count_against_the_time_budget(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = itertools.count(1000.0, 10.0)
    monkeypatch.setattr(Ledger, "_now", lambda self: next(now))
    ledger.session(host="here", pid=2)
    _trial(ledger, 0)
    searched = _run(ledger).search_seconds
    ledger.start(1, "confirm", {"lr": 0.1, "seed": 2})
    ledger.epoch(1, 1, {"score": 0.5})
    ledger.end(1, "finished")
    run = _run(ledger, time_budget_s=searched + 1)
    assert run.search_seconds == searched == 30.0
    assert run.wall_seconds == 60.0
    assert not is_out_of_time(run)
