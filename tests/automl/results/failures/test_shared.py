"""What sets failed trials apart is told where it separates well, and only there."""

import random
from typing import Any

from automl.results.failures.shared import shared_by


def _told(failed: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    return [each.words for each in shared_by(failed, others, {"t.o.name": "o.name"})]


def test_a_choice() -> None:
    others = [{"t.o.name": "sgd", "same": 1}] * 12
    assert _told([{"t.o.name": "adam", "same": 1}] * 7, others) == [
        "7 of 7 had o.name=adam; 0 of 12 others"
    ]


def test_two_choices() -> None:
    failed = [{"name": name} for name in ("adam", "adamw") * 3]
    others = [{"name": name} for name in ("sgd", "lars") * 6]
    assert _told(failed, others) == ["6 of 6 had name in adam, adamw; 0 of 12 others"]


def test_a_limit_from_below_that_one_other_meets_too() -> None:
    failed = [{"batch": size} for size in (256, 256, 288, 300, 320, 400, 512)]
    others = [{"batch": size} for size in (16, 32, 48, 64, 64, 96, 100, 128, 130, 160, 200, 260)]
    assert _told(failed, others) == ["7 of 7 had batch >= 256; 1 of 12 others"]


def test_a_limit_is_the_shortest_number_that_separates() -> None:
    failed = [{"lr": value} for value in (0.0123, 0.02, 0.05, 0.08)]
    others = [{"lr": 0.001 * n} for n in range(1, 9)]
    assert _told(failed, others) == ["4 of 4 had lr >= 0.01; 0 of 8 others"]
    assert _told(others, failed) == ["8 of 8 had lr <= 0.008; 0 of 4 others"]
    assert _told([{"lr": -each["lr"]} for each in failed], others) == [
        "4 of 4 had lr <= -0.01; 0 of 8 others"
    ]


def test_an_element_of_a_list() -> None:
    failed = [{"steps": [n, 9]} for n in (6, 7, 8, 7)]
    assert _told(failed, [{"steps": [n, 9]} for n in (1, 2, 3, 4, 5, 1)]) == [
        "4 of 4 had steps[0] >= 6; 0 of 6 others"
    ]


def test_what_does_not_separate_is_not_told() -> None:
    others = [{"name": "sgd", "lr": 0.1 * n} for n in range(12)]
    assert _told([{"name": "adam", "lr": 0.5}], others) == []  # one trial is no pattern
    assert _told([{"name": "adam", "lr": 0.5}] * 5, []) == []
    assert _told([{"name": "sgd", "lr": 0.35}, {"name": "sgd", "lr": 0.75}], others) == []
    half = [{"name": name} for name in ("adam", "sgd") * 6]
    assert _told([{"name": "adam"}] * 20, half) == []
    absent = [{"name": "adam", "momentum": None}] * 5
    assert _told(absent, [{"name": "adam", "momentum": 0.5}] * 12) == []


def test_chance_alone_is_seldom_told() -> None:
    dice, told = random.Random(5), 0
    for _ in range(400):
        trials = [
            {**{f"p{n}": dice.random() for n in range(6)}, "name": dice.choice("ab")}
            for _ in range(16)
        ]
        told += bool(_told(trials[:4], trials[4:]))
    assert told <= 60  # one in ten is expected, 40 of 400
