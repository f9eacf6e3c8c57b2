"""What cannot act in a trial is at its default there."""

from typing import Any

import pytest

from automl.skill import Schema, read_schema
from automl.space import build_space


def schema() -> Schema:
    """``c`` needs ``b``, which needs ``a``."""
    properties = {
        "c": {"type": "int", "default": 1, "x_automl": {"active_when": {"b": [True]}}},
        "b": {"type": "bool", "default": False, "x_automl": {"active_when": {"a": ["x"]}}},
        "a": {"enum": ["x", "y"], "default": "x", "automl_enabled": True},
    }
    return read_schema({"properties": properties}, "test")


@pytest.mark.parametrize(
    ("drawn", "spec"),
    [("x", {"a": "x", "b": True, "c": 5}), ("y", {"a": "y", "b": False, "c": 1})],
)
def test_what_needs_something_at_rest_rests_too(drawn: str, spec: dict[str, Any]) -> None:
    base = {"a": "x", "b": True, "c": 5}
    space = build_space(schema(), base)
    assert space.apply({"a": drawn}, base) == spec
    assert base == {"a": "x", "b": True, "c": 5}


def test_a_users_value_that_acts_in_no_draw_is_left_for_the_trainer_to_refuse() -> None:
    base = {"a": "y", "b": True, "c": 1}
    space = build_space(schema(), base, search=[], user_keys=["a", "b"])
    assert space.inactive == ()
    assert space.apply({}, base) == base
