"""What one trial is to get, and who says so."""

import pytest

from automl.errors import InputError
from automl.launch.planning.resources import Demand, demand_of
from automl.launch.request import RunRequest

SKILL = {"cpus": 3.0, "gpus": 0.5, "license": 1.0}


def test_the_user_wins_over_the_skill() -> None:
    assert demand_of(None, None, {}, devices=1, skill=SKILL) == Demand(3, 0.5, {"license": 1})
    asked = demand_of(2, 0, {"license": 2, "nvme": 1}, devices=1, skill=SKILL)
    assert asked == Demand(2, 0, {"license": 2, "nvme": 1})


def test_several_devices_of_the_spec_win_over_the_skill() -> None:
    assert demand_of(None, None, {}, devices=2, skill=SKILL).gpus is None
    assert demand_of(None, 4, {}, devices=2, skill=SKILL).gpus == 4


@pytest.mark.parametrize(
    ("name", "amount", "words"),
    [
        ("GPU", 1, "use --gpus-per-trial"),
        ("cpus", 1, "use --cpus-per-trial"),
        ("license", 0, "positive"),
        ("license", float("nan"), "positive"),
        ("license", 1.5, "whole"),
        ("license", "two", "positive number"),
    ],
)
def test_amounts_that_are_none(name: str, amount: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        RunRequest(resources={name: amount})  # type: ignore[dict-item]
