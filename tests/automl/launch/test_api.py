"""``automl.run`` takes values as Python users write them, and tells of those that it cannot use."""

import re
from pathlib import Path
from typing import Any

import pytest

import automl
from automl.errors import InputError
from automl.launch.api import read_options


def test_values_are_read_as_people_write_them() -> None:
    request = read_options(
        {
            "data": Path("/data"), "skill_dir": "skill", "time_budget_s": "5m", "search": "lr",
            "storage": Path("/runs"), "trial_timeout_s": 9, "stall_timeout_s": None,
            "overrides": "num_epochs=3",
        }
    )  # fmt: skip
    assert (request.data, request.skill_dir) == ("/data", Path("skill"))
    assert request.storage == "/runs"
    assert (request.time_budget_s, request.trial_timeout_s) == (300.0, 9.0)
    assert (request.search, request.overrides) == (("lr",), ("num_epochs=3",))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"trails": 5}, "unknown option 'trails'; did you mean trials or retries?"),
        ({"time_budget": 5}, "did you mean time_budget_s"),
        ({"zzz": 5}, "unknown option 'zzz'; known: skill_dir, data"),
        ({"data": [1]}, "option data cannot be [1]"),
        ({"ranges": "lr=1:2"}, "option ranges cannot be 'lr=1:2': it must be a mapping"),
        ({"resources": "rack=1"}, "option resources cannot be 'rack=1': it must be a mapping"),
        ({"time_budget_s": "soon"}, "the time 'soon' is none of"),
        ({"trials": "5"}, "--trials must be a whole number, is '5'"),
        ({"trials": True}, "--trials must be a whole number, is True"),
        ({"cpus_per_trial": "two"}, "--cpus-per-trial must be a finite number"),
        ({"gpus_per_trial": -1}, "--gpus-per-trial must not be negative"),
        ({"address": "ray://head", "data": "/none"}, "automl run --address ray://head, starts it"),
        ({"trials": 0, "seed": 2**32}, "--trials must be positive, is 0; --seed must be at most"),
    ],
)
def test_what_is_of_no_use_is_told(options: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        automl.run(**options)


def test_a_client_cannot_take_a_sweep_up_again(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="automl run --address ray://head, starts it"):
        automl.resume(tmp_path / "none", address="ray://head")


def test_the_package_shows_what_it_offers() -> None:
    assert {*automl.__all__, "__version__"} <= set(dir(automl))
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", automl.__version__)
