"""Goals and patience: when a sweep needs no further trial, also after the driver died."""

from pathlib import Path
from typing import Any

import pytest

from automl.errors import InputError
from automl.sweep.stop_rules import StopGoal, StopRule, make_stop_rule, parse_stop_goal
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.objective import Objective

UP = Objective("score", "maximize")
DOWN = Objective("loss", "minimize")
NO_BOUNDS = ["score>=nan", "score>=inf", "score>=1e400"]


@pytest.mark.parametrize(
    ("text", "kpi", "met"),
    [
        ("score>=0.95", {"score": 0.95}, True),
        ("score >= 0.95", {"score": 0.94}, False),
        ("score>0.95", {"score": 0.95}, False),
        ("loss<1e-2", {"loss": 0.001}, True),
        ("loss<=0.01", {"score": 1.0}, False),
    ],
)
def test_goals_are_read(text: str, kpi: dict[str, float], met: bool) -> None:
    assert parse_stop_goal(text, UP).met(kpi) == met


@pytest.mark.parametrize(
    "text", ["score", "score>=high", ">=0.9", "score=>1", "a b>=1", *NO_BOUNDS]
)
def test_what_is_no_goal_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="must read METRIC>=NUMBER"):
        parse_stop_goal(text, UP)


@pytest.mark.parametrize(("objective", "text"), [(UP, "score<0.9"), (DOWN, "loss>=0.1")])
def test_a_goal_the_wrong_way_is_refused(objective: Objective, text: str) -> None:
    with pytest.raises(InputError, match="would be met by poor trials"):
        parse_stop_goal(text, objective)


def _hear(stop_rule: StopRule, values: list[Any]) -> list[bool]:
    """Whether it is enough after each trial; None stands for a failed one."""
    found = []
    for number, value in enumerate(values):
        if value is not None:
            stop_rule.epoch(number, {"score": value})
        stop_rule.ended(number, "failed" if value is None else "finished")
        found.append(bool(stop_rule.reason))
    return found


def test_the_goal_ends_a_sweep_at_once() -> None:
    stop_rule = StopRule(UP, StopGoal("score", ">=", 0.9), None)
    stop_rule.epoch(3, {"score": 0.91})
    assert stop_rule.reason == "trial 0003 reached score>=0.9 (score 0.9100)"


def test_patience_counts_trials_without_a_new_best_and_no_failures() -> None:
    stop_rule = StopRule(UP, None, 2)
    assert _hear(stop_rule, [0.5, 0.4, 0.6, 0.6, None, 0.1, 0.9]) == [False] * 5 + [True, True]
    assert stop_rule.reason == "2 trials in turn brought no improvement"
    assert not any(_hear(StopRule(UP, None, None), [0.5] * 9))


def test_a_ledger_is_heard_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number, score in enumerate([0.5, 0.4, 0.3]):
        ledger.start(number, "search", {})
        ledger.epoch(number, 1, {"score": score})
        ledger.end(number, "finished")
    events = read_ledger(tmp_path / "ledger.jsonl")
    assert make_stop_rule(UP, None, 2, events).reason
    assert not make_stop_rule(UP, None, 3, events).reason
    assert make_stop_rule(UP, StopGoal("score", ">", 0.45), None, events).reason


def test_patience_remembers_what_an_interrupted_trial_had_reached() -> None:
    stop_rule = StopRule(UP, None, 2)
    for number, value in ((0, 0.5), (1, 0.9)):
        stop_rule.epoch(number, {"score": value})
        stop_rule.ended(number, "finished" if number == 0 else "interrupted")
    stop_rule.epoch(1, {"score": 0.6})  # goes on
    stop_rule.ended(1, "finished")
    for number in (2, 3):
        assert not stop_rule.reason
        stop_rule.epoch(number, {"score": 0.8})
        stop_rule.ended(number, "finished")
    assert stop_rule.reason == "2 trials in turn brought no improvement"
