"""Population based training as arithmetic: who goes on, from whom, with what changed."""

import random
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from project_paths import ROOT

from automl.errors import InputError
from automl.search.population.moves import Member, PbtMove, changed_values, next_move
from automl.search.population.schedule import FEWEST, Population, make_population, mutable_names
from automl.skill import load_skill
from automl.space import Choice, Float, Integer, Milestones, Space

LR = Float(name="train.optim.lr", low=1e-4, high=1.0, log=True, default=0.1)
SPACE = Space(
    parameters=(
        LR,
        Float(name="train.optim.decay", low=0.0, high=0.5, step=0.1, default=0.1),
        Float(name="model.drop", low=0.0, high=1.0, default=0.5),
        Integer(name="train.size", low=2, high=20, step=3, default=5),
        Integer(name="train.width", low=1, high=500, log=True, default=8),
        Choice(name="train.kind", choices=("a", "b"), default="a"),
        Milestones(name="train.steps", length=2, budget_key="epochs", budget=9, default=[3, 6]),
    )
)
BASE: dict[str, Any] = {"epochs": 9}
POPULATION = Population(size=8, interval=2, epochs=9, mutable=("train.optim.lr",))


def _generation(values: list[float | None]) -> list[Member]:
    return [
        Member(number, {"train.optim.lr": 0.1 * (number + 1)}, value, 2)
        for number, value in enumerate(values)
    ]


def _moves(values: list[float | None], direction: str, seed: int = 1) -> list[PbtMove | None]:
    space, previous = Space(parameters=(LR,)), _generation(values)
    return [
        next_move(
            POPULATION, number, previous, space=space, base={}, direction=direction, seed=seed
        )
        for number in range(8, 16)
    ]


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_the_worst_quarter_goes_on_from_the_best(direction: str) -> None:
    sign = 1.0 if direction == "maximize" else -1.0
    values = [sign * v for v in (0.5, 0.9, 0.1, 0.6, 0.2, 0.8, 0.3, 0.4)]
    moves = _moves(values, direction)  # type: ignore[arg-type]
    for slot, move in enumerate(moves):
        assert move is not None
        if slot in (2, 4):
            assert move.parent in (1, 5)
            kept = 0.1 * (move.parent + 1)
            assert move.values["train.optim.lr"] != kept
        else:
            assert (move.parent, move.values) == (slot, {"train.optim.lr": 0.1 * (slot + 1)})


def test_nobody_goes_on_from_a_failure() -> None:
    moves = _moves([None, 0.9, None, 0.6, 0.2, 0.8, 0.3, 0.4], "maximize")
    assert all(move is not None and move.parent not in (0, 2) for move in moves)
    assert [m and m.parent for m in _moves([None] * 7 + [0.1], "maximize")] == [7] * 8
    assert _moves([None] * 8, "maximize") == [None] * 8


def test_the_seed_decides() -> None:
    values: list[float | None] = [0.5, 0.9, 0.1, 0.6, 0.2, 0.8, 0.3, 0.4]
    assert _moves(values, "maximize") == _moves(values, "maximize")
    assert _moves(values, "maximize") != _moves(values, "maximize", seed=2)


@given(seed=st.integers(0, 10_000), changed=st.sets(st.sampled_from(SPACE.names), min_size=1))
def test_what_may_change_changes_legally_and_nothing_else_does(
    seed: int, changed: set[str]
) -> None:
    dice = random.Random(seed)
    before = SPACE.defaults(BASE)
    found = changed_values(sorted(changed), before, SPACE, BASE, dice)
    assert {name for name in found if found[name] != before[name]} <= changed
    answers = SPACE.encode(found, BASE)
    assert SPACE.canonical(found) == SPACE.canonical(changed_values((), found, SPACE, BASE, dice))
    assert 1e-4 <= answers["train.optim.lr"] <= 1.0
    assert found["train.size"] in range(2, 21, 3)
    assert found["train.steps"] == sorted(set(found["train.steps"]))


@given(trials=st.integers(FEWEST, 400), epochs=st.integers(2, 200))
def test_a_budget_is_split_and_never_exceeded(trials: int, epochs: int) -> None:
    found = make_population(trials, epochs, ["lr"])
    assert found.size >= 4
    assert 2 <= found.generations <= epochs
    assert trials - found.generations < found.trials <= trials
    ends = [found.until(number) for number in range(0, found.trials, found.size)]
    assert ends[-1] == epochs
    assert ends == sorted(set(ends))


def test_twenty_trials_are_five_members_of_four_generations() -> None:
    found = make_population(20, 60, ["train.optim.lr"])
    assert (found.size, found.generations, found.interval) == (5, 4, 15)
    assert "5 members train 15 epochs in each of 4 generations" in found.reason


@pytest.mark.parametrize(
    ("trials", "epochs", "mutable", "words"),
    [
        (20, None, ["lr"], "no key of the spec holds the number of epochs"),
        (20, 1, ["lr"], "one epoch cannot be"),
        (7, 60, ["lr"], "pbt needs 8 trials or more"),
        (20, 60, [], "none that is searched may change then"),
    ],
)
def test_what_cannot_be_split_is_refused(
    trials: int, epochs: int | None, mutable: list[str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        make_population(trials, epochs, mutable)


def test_what_may_change_is_what_the_skill_says_else_numbers_of_the_optimiser() -> None:
    assert mutable_names(SPACE, None) == ("train.optim.lr", "train.optim.decay")
    assert mutable_names(SPACE, ["model.drop", "train.unknown"]) == ("model.drop",)
    related = replace(LR, name="optimizer.lr")
    assert mutable_names(Space(parameters=(related,)), None) == ("optimizer.lr",)
    packaged = load_skill(ROOT).info.mutable["train"]
    assert "train.optim.base_lr" in packaged
    assert not any(name.startswith("model.") for name in packaged)
