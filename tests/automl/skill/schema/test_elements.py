"""Schema keys with an index are elements of their list, and nothing else in the spec."""

from typing import Any

import pytest

from automl.errors import SpecError
from automl.skill import Schema, read_schema
from automl.space import build_space, sample
from automl.spec import validate_spec
from automl.spec.nested import get_path

WEIGHT = {"type": "float", "default": 9.0, "minimum": 1, "maximum": 50, "automl_enabled": True}
LIST = {"type": "list", "default": [1.0, 10.0]}


def schema(**properties: Any) -> Schema:
    return read_schema({"properties": {"loss": {"properties": properties}}}, "test")


def test_the_element_is_a_leaf_whose_default_stands_in_its_list() -> None:
    for found in (
        schema(weight=LIST, **{"weight[1]": WEIGHT}),
        schema(**{"weight[1]": WEIGHT}, weight=LIST),
    ):
        assert found.defaults() == {"loss": {"weight": [1.0, 10.0]}}
        assert found.leaves["loss.weight[1]"].default == 10.0
        assert "weight[1]" not in str(found.json_schema())


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ([1.0, 10.0], None),
        ([99.0, 10.0], None),
        ([1.0, 99.0], r"loss.weight\[1\]: must be at most 50, is 99.0"),
        ([1.0, "x"], r"loss.weight\[1\]: must be of type number, is 'x'"),
    ],
)
def test_its_rules_bind_that_element_alone(value: Any, fault: str | None) -> None:
    found = schema(weight=LIST, **{"weight[1]": WEIGHT})
    if fault is None:
        validate_spec(found, {"loss": {"weight": value}})
        return
    with pytest.raises(SpecError, match=fault):
        validate_spec(found, {"loss": {"weight": value}})


def test_rules_of_all_items_hold_for_the_element_too() -> None:
    numbers = {"type": "list", "default": [1.0, 10.0], "items": {"type": "number", "maximum": 20}}
    found = schema(weight=numbers, **{"weight[1]": WEIGHT})
    with pytest.raises(SpecError, match="must be at most 20, is 30"):
        validate_spec(found, {"loss": {"weight": [1.0, 30.0]}})


def test_draws_change_that_element_alone() -> None:
    found = schema(weight=LIST, **{"weight[1]": WEIGHT})
    base = found.defaults()
    space = build_space(found, base)
    assert space.names == ("loss.weight[1]",)
    for params, spec in sample(space, base, 20, 1):
        assert spec == {"loss": {"weight": [1.0, params["loss.weight[1]"]]}}
        validate_spec(found, spec)
    assert base == {"loss": {"weight": [1.0, 10.0]}}


@pytest.mark.parametrize("key", ["loss.weight", "loss.weight[1]"])
def test_what_the_user_sets_of_it_is_not_searched(key: str) -> None:
    found = schema(weight=LIST, **{"weight[1]": WEIGHT})
    assert build_space(found, found.defaults(), user_keys=[key]).names == ()
    other = build_space(found, found.defaults(), user_keys=["loss.weight[0]"])
    assert other.names == ("loss.weight[1]",)


def test_an_element_that_the_list_lacks_is_left_out_with_a_reason() -> None:
    found = schema(weight={"type": "list", "default": [1.0]}, **{"weight[1]": WEIGHT})
    (out,) = build_space(found, found.defaults()).left_out
    assert (out.name, out.reason) == (
        "loss.weight[1]",
        "the list loss.weight has no such element in the spec",
    )
    assert get_path(found.defaults(), "loss.weight") == [1.0]


def test_an_element_of_an_element_is_bound_and_drawn() -> None:
    rows = {"type": "list", "default": [[1.0, 2.0], [3.0, 4.0]]}
    for found in (schema(rows=rows, **{"rows[1][0]": WEIGHT}), schema(**{"rows[1][0]": WEIGHT})):
        base = {"loss": {"rows": [[1.0, 2.0], [3.0, 4.0]]}}
        validate_spec(found, base)
        ((params, spec),) = sample(build_space(found, base), base, 1, 1)
        assert spec == {"loss": {"rows": [[1.0, 2.0], [params["loss.rows[1][0]"], 4.0]]}}
        with pytest.raises(SpecError, match=r"loss.rows\[1\]\[0\]: must be at most 50, is 99"):
            validate_spec(found, {"loss": {"rows": [[1.0], [99.0]]}})


def test_an_element_that_is_a_section_is_no_key_of_its_own() -> None:
    stages = {"type": "list", "default": [{"rate": 1.0}, {"rate": 2.0}]}
    found = schema(stages=stages, **{"stages[1]": {"properties": {"rate": WEIGHT}}})
    assert found.defaults() == {"loss": {"stages": [{"rate": 1.0}, {"rate": 2.0}]}}
    assert found.leaves["loss.stages[1].rate"].default == 2.0
