"""Values in the type that is due, however they are written."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from automl.skill import read_schema
from automl.skill.schema.numbers import as_due, as_number
from automl.spec.coerce import coerce, coerce_all

NODES: dict[str, dict[str, Any]] = {
    "number": {"type": "number"},
    "whole": {"type": "integer"},
    "text": {"type": "string"},
    "maybe": {"anyOf": [{"type": "number"}, {"type": "null"}], "default": None},
    "sizes": {"enum": [16, 32, 100], "default": 16},
    "mixed": {"enum": ["auto", 1, 10], "default": "auto"},
    "words": {"enum": ["1e-3", "fast"], "default": "fast"},
    "depths": {"enum": ["18", "34", "off"], "default": "18"},
    "numbers": {"type": "array", "items": {"type": "number"}},
    "texts": {"type": "array", "items": {"type": "string"}},
    "pair": {"type": "list_2", "default": [0.1, 0.2]},
    "some": {"type": "subset_list", "enum": [1, 10, 100], "default": [1]},
    "open": {"type": "array"},
    "rows": {"type": "array", "default": [{"path": "", "share": 1.0}]},
    "free": {"type": "dict", "default": {"name": "x", "rate": 0.1}},
    "any": {},
}
SCHEMA = read_schema({"properties": NODES}, "test")


@pytest.mark.parametrize(
    ("text", "number"),
    {
        "1e-3": 0.001, "1E-3": 0.001, "+1e-3": 0.001, "-2e-4": -0.0002, "-.5e-1": -0.05,
        "-.5": -0.5, ".5": 0.5, "5.": 5.0, "1e2": 100.0, "1E+2": 100.0, "1_000e-3": 1.0,
        "1_000": 1000.0, "0.5": 0.5, " 1e1 ": 10.0,
    }.items(),
)  # fmt: skip
def test_a_text_may_spell_a_number(text: str, number: float) -> None:
    assert repr(coerce(SCHEMA.leaves["number"], text)) == repr(number)


@pytest.mark.parametrize(
    "text", ["", "e3", ".", "1e", "1e-", "1e999", "nan", "inf", "1__0", "0x1", "1,5", "1e-3s"]
)
def test_a_text_that_spells_none_stays_a_text(text: str) -> None:
    assert coerce(SCHEMA.leaves["number"], text) == as_due(text, 0.5) == text


@pytest.mark.parametrize(
    ("name", "value", "typed"),
    [
        ("whole", "1e3", 1000),
        ("whole", "12345678901234567890", 12345678901234567890),
        ("whole", "1e-3", 0.001),  # which validation refuses
        ("text", "1e-3", "1e-3"),
        ("maybe", "1e-3", 0.001),
        ("maybe", None, None),
        ("sizes", "1e2", 100),
        ("sizes", "2e1", 20.0),
        ("mixed", "1e1", 10),
        ("mixed", "auto", "auto"),
        ("words", "1e-3", "1e-3"),
        ("depths", 34, "34"),
        ("depths", False, "off"),
        ("depths", True, True),  # which validation refuses
        ("numbers", ["1e-3", 2, "x"], [0.001, 2, "x"]),
        ("texts", ["1e-3"], ["1e-3"]),
        ("pair", ["1e-1", 1], [0.1, 1.0]),
        ("some", ["1e1", 100], [10, 100]),
        ("open", ["1e1", [2, "3e0"]], [10.0, [2, 3.0]]),
        ("rows", [{"path": "1e3", "share": "1e-1"}], [{"path": "1e3", "share": 0.1}]),
        (
            "free",
            {"name": "1e3", "rate": "5", "new": "1e1"},
            {"name": "1e3", "rate": 5, "new": 10.0},
        ),
        ("any", "1e-3", 0.001),
        ("any", "0.5", "0.5"),
    ],
)
def test_a_value_has_the_type_that_is_due(name: str, value: Any, typed: Any) -> None:
    assert repr(coerce(SCHEMA.leaves[name], value)) == repr(typed)


def test_what_the_schema_does_not_name_is_like_the_packaged_value() -> None:
    values: dict[str, Any] = {
        "whole": "1e1",
        "extra": {"text": "1e1", "steps": "1e1", "new": "1e1"},
    }
    coerce_all(SCHEMA, values, {"extra": {"text": "x", "steps": 5}})
    assert values == {"whole": 10, "extra": {"text": "1e1", "steps": 10, "new": 10.0}}
    assert isinstance(values["extra"]["steps"], int)


@given(st.floats(-1e300, 1e300))
def test_every_number_is_read_back_from_its_shortest_text(number: float) -> None:
    assert as_number(repr(number)) == number
    assert as_number(f"{number:.3e}") == float(f"{number:.3e}")
    assert as_due(yaml.safe_load(repr(number)), 0.5) == number
