"""Rungs in epochs: where they lie, when there are none, and what is refused."""

from pathlib import Path

import pytest

from automl.errors import InputError
from automl.search.scheduler import choose_scheduler
from automl.skill import load_skill, read_schema
from automl.space.budget import epoch_budget, report_interval


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


def test_long_trials_are_judged_by_their_curves_unless_asked_otherwise() -> None:
    found = choose_scheduler(None, "auto", 60)
    assert (found.name, found.epochs, found.grace, found.rungs) == ("auto", 60, 6, ())
    assert "less than 5% to become the best is stopped" in found.reason
    assert choose_scheduler("auto", "tpe", 60) == found
    assert not choose_scheduler("none", "tpe", 60).acts
    assert not choose_scheduler("none", "tpe", None).acts


@pytest.mark.parametrize(
    ("epochs", "interval", "against", "reason"),
    [
        (8, 1, "", "8 epochs are too few to judge a trial by its curve: every trial runs"),
        (40, 5, "", "40 epochs, one in 5 measured, are too few to judge"),
        (None, 1, "", "no key of the spec holds the number of epochs: every trial runs"),
        (60, 1, "pbt replaces poor trials itself", "pbt replaces poor trials itself: every trial"),
        (None, 1, "2 metrics", "2 metrics: every trial runs all its epochs"),
    ],
)
def test_what_speaks_against_judging_by_curves(
    epochs: int | None, interval: int, against: str, reason: str
) -> None:
    for asked in (None, "auto"):
        found = choose_scheduler(asked, "auto", epochs, interval=interval, against=against)
        assert not found.acts
        assert found.reason.startswith(reason)
    assert choose_scheduler(None, "auto", 45, interval=5).acts


def test_bohb_brings_its_rungs() -> None:
    assert choose_scheduler(None, "bohb", 60).name == "hyperband"
    assert choose_scheduler("auto", "bohb", 60).name == "hyperband"
    assert choose_scheduler("asha", "bohb", 60).name == "asha"
    with pytest.raises(InputError, match="bohb is TPE with rungs: use --scheduler hyperband"):
        choose_scheduler("none", "bohb", 60)


def test_bad_schedulers() -> None:
    with pytest.raises(InputError, match="'pbx' is unknown: use one of auto, none, asha"):
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


@pytest.mark.parametrize(
    ("name", "value", "interval"),
    [
        ("validation_interval", 5, 5),
        ("check_val_every_n_epoch", 2, 2),
        ("eval_freq", 3, 3),
        ("validation_interval", None, 1),
        ("checkpoint_interval", 5, 1),
        ("interval", 5, 1),
    ],
)
def test_of_how_many_epochs_one_is_validated(name: str, value: int | None, interval: int) -> None:
    schema = read_schema({"properties": {name: {"type": "integer"}}}, "test")
    assert report_interval(schema, {name: value}) == interval
