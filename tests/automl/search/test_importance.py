"""Importance of parameters: the one that decides is found, and chance is told apart."""

import random
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from automl.search.importance import MIN_TRIALS, parameter_importances
from automl.space import Choice, Float, Milestones, Space
from automl.space.space import sample

SPACE = Space(
    (
        Float(name="lr", default=0.1, low=1e-4, high=1.0, log=True),
        Float(name="idle", default=0.5, low=0.0, high=1.0),
        Choice(name="kind", default="a", choices=("a", "b")),
        Float(name="only_b", default=0.5, low=0.0, high=1.0, active_when=({"kind": ("b",)},)),
        Milestones(name="steps", default=[3, 5], length=2, budget_key="epochs", budget=10),
    )
)
BASE = {"lr": 0.1, "idle": 0.5, "kind": "a", "only_b": 0.5, "steps": [3, 5], "epochs": 10}
Score = Callable[[Mapping[str, Any]], float]


def _trials(count: int, score: Score) -> list[tuple[Mapping[str, Any], float]]:
    return [(values, score(values)) for values, _ in sample(SPACE, BASE, count, seed=3)]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_parameter_that_decides_is_found(direction: str) -> None:
    sign = 1 if direction == "maximize" else -1
    trials = _trials(80, lambda values: -sign * abs(values["lr"] - 0.2))
    found = parameter_importances(SPACE, BASE, trials, direction)
    first, *others = found.items
    assert (first.name, first.clear) == ("lr", True)
    assert first.low <= first.share <= 1
    assert first.share > 3 * max(item.share for item in others)
    assert {item.name for item in found.items} == set(SPACE.names)
    assert sum(item.share for item in found.items) == pytest.approx(1)


def test_a_list_counts_as_one_parameter() -> None:
    found = parameter_importances(
        SPACE, BASE, _trials(80, lambda values: values["steps"][1]), "maximize"
    )
    assert found.items[0].name == "steps"


def test_noise_is_told_apart() -> None:
    dice = random.Random(5)
    found = parameter_importances(SPACE, BASE, _trials(60, lambda _: dice.random()), "maximize")
    assert sum(item.clear for item in found.items) <= 1


def test_the_same_seed_gives_the_same_answer() -> None:
    trials = _trials(30, lambda values: values["lr"])
    one, two = (parameter_importances(SPACE, BASE, trials, "maximize", seed=7) for _ in range(2))
    assert one == two


def test_too_few_trials_or_no_difference() -> None:
    few = parameter_importances(SPACE, BASE, _trials(MIN_TRIALS - 1, lambda v: v["lr"]), "maximize")
    assert (few.items, few.reason) == ((), "it takes 10 trials with a value, there are 9")
    same = parameter_importances(SPACE, BASE, _trials(20, lambda _: 1.0), "maximize")
    assert (same.items, same.reason) == ((), "all trials reached the same value")
