"""Each way in which a schema may contradict itself: what `automl validate` says, what is searched.

`test_hostile_schemas.py` makes all of them at random, mixed, and counts them.
"""

import math
from typing import Any

import pytest

from automl.errors import SpaceError
from automl.skill import read_schema
from automl.space import RandomSuggest, build_space
from automl.space.check_schema import packaged_faults, schema_faults

Node = dict[str, Any]


def number(**keywords: Any) -> Node:
    given = {"type": "float", "default": 0.5, "minimum": 0, "maximum": 1, "automl_enabled": True}
    return {**given, **keywords}


def either(**keywords: Any) -> Node:
    return {"enum": ["a", "b"], "default": "a", "automl_enabled": True, **keywords}


ANY_OF = {"active_when": [{"y": [0.5]}, {"z": [0.5]}]}
CASES: dict[str, tuple[Node, str, str]] = {
    "an empty range": (
        {"x": number(minimum=3, maximum=1)},
        "x: minimum/maximum: its legal range is empty",
        "x: its legal range is empty (at least 3, at most 1)",
    ),
    "a default outside the bounds": (
        {"x": number(default=7.0)},
        "x: default: must be at most 1, is 7.0",
        "",
    ),
    "a NaN bound": ({"x": number(minimum=math.nan)}, "x: minimum: is NaN", ""),
    "a cycle": (
        {"x": number(depends_on="<= y"), "y": number(depends_on="<= x")},
        "x: depends_on/active_when: form a cycle: x -> y -> x",
        "x: its dependencies form a cycle: x -> y -> x",
    ),
    "a cycle through an alternative": (
        {"x": number(x_automl=ANY_OF), "y": number(depends_on="<= x"), "z": number()},
        "y: depends_on/active_when: form a cycle",
        "y: its dependencies form a cycle",
    ),
    "a parameter that depends on itself": (
        {"x": number(depends_on="x")},
        "x: depends_on/active_when: form a cycle: x -> x",
        "x: its dependencies form a cycle: x -> x",
    ),
    "an enum of mixed types": ({"x": either(enum=["a", 1, True, None, 0.5])}, "", ""),
    "weights of the wrong length": (
        {"x": either(option_weights=[1])},
        "x: option_weights: needs one weight for each of 2 options",
        "",
    ),
    "weights that sum to 0": (
        {"x": either(option_weights=[0, 0])},
        "x: option_weights: sums to 0",
        "",
    ),
    "a negative weight": ({"x": either(option_weights=[2, -1])}, "x: option_weights: must be", ""),
    "default and disabled": (
        {"automl_disabled_parameters": ["x"], "x": number()},
        "x: automl_enabled: is both a default parameter and disabled",
        "x: both a default parameter and disabled by its own name: disabled wins",
    ),
    "an alternative that names nothing": (
        {"x": number(x_automl={"active_when": [{"y": [1]}, {"nowhere": [1]}]}), "y": either()},
        "x: active_when: names 'nowhere'",
        "x: it exists only when y is 1, or nowhere is 1; here y is searched among other values and"
        " nowhere is None",
    ),
}


@pytest.mark.parametrize(("properties", "fault", "left_out"), CASES.values(), ids=CASES.keys())
def test_a_case_is_one_clear_fault_and_a_reason_or_legal_draws(
    properties: Node, fault: str, left_out: str
) -> None:
    schema = read_schema({"properties": properties}, "hostile")
    faults = [
        f"{key}: {message}" for key, message in [*schema_faults(schema), *packaged_faults(schema)]
    ]
    assert not fault or sum(line.startswith(fault) for line in faults) == 1, faults
    assert fault or faults == []
    base = schema.defaults()
    space = build_space(schema, base)
    reasons = [f"{out.name}: {out.reason}" for out in space.left_out]
    assert not left_out or any(line.startswith(left_out) for line in reasons), reasons
    assert bool(left_out) is ("x" not in space.names)
    suggest = RandomSuggest(0)
    for name, value in (item for _ in range(50) for item in space.draw(suggest, base).items()):
        leaf = schema.leaves[name]
        assert value in leaf.choices if leaf.choices else leaf.bounds.holds(value)


def test_names_that_differ_in_case_are_two_parameters() -> None:
    schema = read_schema({"properties": {"lr": number(), "LR": number(default=0.1)}}, "hostile")
    space = build_space(schema, schema.defaults())
    assert {p.name: p.default for p in space.parameters} == {"lr": 0.5, "LR": 0.1}
    with pytest.raises(SpaceError, match="unknown key 'Lr'; did you mean lr, LR"):
        build_space(schema, schema.defaults(), search=["Lr"])
