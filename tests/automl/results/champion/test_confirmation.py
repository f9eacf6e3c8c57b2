"""Which trials are confirmed, and what their fresh trainings say."""

import math
from typing import Any

import pytest

from automl.results.champion.confirmation import candidates, confirmation, searched_best_first
from automl.trial.objective import Objective

UP, DOWN = Objective("score", "maximize"), Objective("score", "minimize")
SEED = "train.seed"


def row(number: int, source: str, score: float | None, lr: float, seed: int | None = None) -> Any:
    seeds = {} if seed is None else {f"param.{SEED}": seed}
    return {"trial_id": f"{number:04d}", "number": number, "source": source, "state": "finished",
            "score": score, "param.lr": lr, **seeds}  # fmt: skip


ROWS = [
    row(0, "default", 0.50, 1.0),
    row(1, "search", 0.90, 2.0),
    row(2, "search", 0.80, 3.0),
    row(3, "search", 0.85, 4.0),
    row(4, "confirm", 0.60, 2.0, 11),
    row(5, "confirm", 0.75, 3.0, 11),
    row(6, "confirm", 0.50, 1.0, 11),
    row(7, "confirm", 0.62, 2.0, 12),
    row(8, "confirm", 0.79, 3.0, 12),
    row(9, "confirm", 0.52, 1.0, 12),
]


def test_the_best_few_and_the_defaults_are_candidates() -> None:
    assert [c["number"] for c in candidates(ROWS, UP, 2, SEED)] == [1, 3, 0]
    assert [c["number"] for c in candidates(ROWS, DOWN, 2, SEED)] == [0, 2]
    failed = [{**ROWS[1], "state": "failed"}, row(2, "search", None, 3.0), ROWS[3]]
    assert [c["number"] for c in candidates(failed, UP, 3, SEED)] == [3]


def test_fresh_means_decide_not_the_searchs_luckiest() -> None:
    lines = confirmation(ROWS, UP, SEED)
    assert [(line.trial, line.searched, line.values) for line in lines] == [
        ("0002", 0.80, (0.75, 0.79)),
        ("0001", 0.90, (0.60, 0.62)),
        ("0000", 0.50, (0.50, 0.52)),
    ]
    assert lines[0].mean == pytest.approx(0.77)
    assert lines[0].deviation == pytest.approx(0.04 / math.sqrt(2))


def test_a_minimised_metric_turns_the_order_and_the_probabilities() -> None:
    up, down = confirmation(ROWS, UP, SEED), confirmation(ROWS, DOWN, SEED)
    assert [line.trial for line in down] == [line.trial for line in up][::-1]
    better = {line.trial: line.beats_baseline for line in up}
    worse = {line.trial: line.beats_baseline for line in down}
    assert better["0000"] is None
    assert better["0002"] > 0.9  # type: ignore[operator]
    assert worse["0002"] < 0.1  # type: ignore[operator]


def test_one_seed_says_nothing_of_probabilities() -> None:
    lines = confirmation(ROWS[:7], UP, SEED)
    assert [(line.deviation, line.beats_baseline) for line in lines] == [(None, None)] * 3


def test_a_training_that_was_cut_short_confirms_nothing() -> None:
    cut = [{**r, "state": "interrupted"} if r["number"] in (7, 8) else r for r in ROWS[:9]]
    lines = confirmation(cut, UP, SEED)
    assert {line.trial: line.values for line in lines} == {
        "0001": (0.60,), "0002": (0.75,), "0000": (0.50,),
    }  # fmt: skip
    only_defaults = [r for r in cut if r["number"] not in (4, 5)]
    lines = confirmation(only_defaults, UP, SEED)
    assert [line.trial for line in lines] == ["0000"]


def test_trials_that_differ_in_the_seed_alone_are_one_candidate() -> None:
    rows = [
        row(0, "default", 0.5, 1.0, 1), row(1, "search", 0.9, 2.0, 1),
        row(2, "search", 0.95, 2.0, 2), row(3, "search", 0.8, 3.0, 1),
    ]  # fmt: skip
    assert [c["number"] for c in candidates(rows, UP, 2, SEED)] == [2, 3, 0]
    assert [r["number"] for r in searched_best_first(rows, UP)] == [2, 1, 3, 0]


def test_the_best_seed_of_a_configuration_stands_for_it_in_its_confirmation() -> None:
    rows = [
        row(0, "default", 0.5, 1.0, 1), row(1, "search", 0.7, 2.0, 1),
        row(2, "search", 0.95, 2.0, 2), row(3, "search", 0.8, 3.0, 1),
        row(4, "confirm", 0.6, 2.0, 11), row(5, "confirm", 0.75, 3.0, 11),
        row(6, "confirm", 0.5, 1.0, 11),
    ]  # fmt: skip
    lines = confirmation(rows, UP, SEED)
    assert [(line.trial, line.searched) for line in lines] == [
        ("0003", 0.8), ("0002", 0.95), ("0000", 0.5),
    ]  # fmt: skip


def test_the_defaults_with_another_seed_are_still_the_baseline() -> None:
    rows = [
        row(0, "default", 0.5, 1.0, 1), row(1, "search", 0.6, 1.0, 2),
        row(2, "search", 0.9, 2.0, 1), row(3, "search", 0.8, 3.0, 1),
    ]  # fmt: skip
    assert [c["number"] for c in candidates(rows, UP, 2, SEED)] == [2, 3, 1]
    rows += [row(4 + i, "confirm", 0.5 + i / 100, 1.0, 11 + i) for i in range(2)]
    rows += [row(6 + i, "confirm", 0.8 + i / 100, 2.0, 11 + i) for i in range(2)]
    best, baseline = confirmation(rows, UP, SEED)
    assert (baseline.trial, baseline.source) == ("0001", "default")
    assert best.effect is not None
    assert best.effect.low < 0.3 < best.effect.high
