"""Rungs in epochs: where they lie, when there are none, and what is refused."""

from pathlib import Path

import pytest

from automl.errors import InputError
from automl.search.scheduler import choose_scheduler
from automl.skill import load_skill, read_schema
from automl.space.budget import epoch_budget


@pytest.mark.parametrize(
    ("epochs", "rungs"),
    [(3, (1, 2)), (5, (1, 2, 4)), (8, (1, 2, 4)), (9, (1, 3)), (27, (3, 9)), (60, (6, 18, 54))],
)
def test_rungs_lie_before_the_last_epoch(epochs: int, rungs: tuple[int, ...]) -> None:
    found = choose_scheduler("asha", "tpe", epochs)
    assert found.rungs == rungs
    assert f"go on after {', '.join(map(str, rungs))}" in found.reason


@pytest.mark.parametrize("name", ["asha", "hyperband", "median"])
def test_below_three_epochs_there_is_nothing_to_halve(name: str) -> None:
    found = choose_scheduler(name, "auto", 2)
    assert not found.acts
    assert found.reason == f"{name} has nothing to halve in a budget of 2 epochs"
    assert choose_scheduler(name, "auto", 3).acts


def test_nothing_is_stopped_unless_asked() -> None:
    assert not choose_scheduler(None, "auto", 60).acts
    assert not choose_scheduler("none", "tpe", None).acts


def test_bohb_brings_its_rungs() -> None:
    assert choose_scheduler(None, "bohb", 60).name == "hyperband"
    assert choose_scheduler("asha", "bohb", 60).name == "asha"
    with pytest.raises(InputError, match="bohb is TPE with rungs: use --scheduler hyperband"):
        choose_scheduler("none", "bohb", 60)


def test_bad_schedulers() -> None:
    with pytest.raises(InputError, match="'pbx' is unknown: use one of none, asha"):
        choose_scheduler("pbx", "auto", 60)
    with pytest.raises(InputError, match="no key of the spec holds the number of epochs"):
        choose_scheduler("asha", "auto", None)


def test_the_epoch_budget_of_a_spec(bowl: Path) -> None:
    schema = load_skill(bowl).schema("train")
    assert epoch_budget(schema, {"train": {"num_epochs": 7}}) == 7
    assert epoch_budget(schema, {"train": {"num_epochs": None}}) is None


@pytest.mark.parametrize("names", [("epochs", "rate"), ("rate", "epochs")])
def test_the_epoch_key_may_be_the_first_of_a_schema(names: tuple[str, ...]) -> None:
    types = {"epochs": "integer", "rate": "number"}
    schema = read_schema({"properties": {name: {"type": types[name]} for name in names}}, "test")
    assert epoch_budget(schema, {"epochs": 3, "rate": 0.1}) == 3
