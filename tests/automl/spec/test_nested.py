"""Nested specs and dotted keys."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.spec.nested import flatten, get_path, merge, set_path, unflatten

KEYS = st.text("abc_1", min_size=1, max_size=4)
LEAVES = st.one_of(st.integers(), st.booleans(), st.text(), st.none(), st.lists(st.integers()))
SPECS = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES, lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_leaves=8
    ),
    max_size=4,
)


@given(SPECS)
def test_flatten_and_unflatten_are_inverse(spec: dict[str, Any]) -> None:
    assert unflatten(flatten(spec)) == spec


@given(SPECS)
def test_every_flattened_key_leads_to_its_value(spec: dict[str, Any]) -> None:
    assert all(get_path(spec, key) == value for key, value in flatten(spec).items())


@given(SPECS, SPECS)
def test_merge_takes_the_upper_leaves_and_leaves_both_inputs_alone(
    base: dict[str, Any], over: dict[str, Any]
) -> None:
    before = repr((base, over))
    merged = merge(base, over)
    assert all(get_path(merged, key) == value for key, value in flatten(over).items())
    assert merge(base, {}) == base
    assert merge({}, base) == base
    assert repr((base, over)) == before


def test_merge_copies_deeply() -> None:
    base: dict[str, Any] = {"a": {"b": [1, {"c": 2}]}}
    merged = merge(base, {})
    merged["a"]["b"][1]["c"] = 9
    assert base == {"a": {"b": [1, {"c": 2}]}}


def test_list_indices_in_keys() -> None:
    spec: dict[str, Any] = {"sources": [{"dir": "x"}, {"dir": "y"}], "grid": [[1, 2]]}
    assert get_path(spec, "sources[1].dir") == "y"
    assert get_path(spec, "grid[0][1]") == 2
    set_path(spec, "sources[0].dir", "z")
    set_path(spec, "grid[0][0]", 5)
    assert spec == {"sources": [{"dir": "z"}, {"dir": "y"}], "grid": [[5, 2]]}


def test_a_mapping_of_numbers_keeps_them() -> None:
    spec: dict[str, Any] = {"classes": {0: "car", 2.5: "van"}, "days": {date(2026, 1, 2): {"a": 1}}}
    assert get_path(spec, "classes.0") == "car"
    set_path(spec, "classes.0", "bus")
    set_path(spec, "days.2026-01-02.a", 2)
    assert spec == {"classes": {0: "bus", 2.5: "van"}, "days": {date(2026, 1, 2): {"a": 2}}}
    assert merge(spec, {"classes": {"0": "tram", "7": "x"}})["classes"] == {
        0: "tram",
        2.5: "van",
        "7": "x",
    }


def test_missing_places() -> None:
    spec: dict[str, Any] = {"a": {"b": 1}, "n": None}
    assert get_path(spec, "a.c", 7) == 7
    assert get_path(spec, "a.b.c", 7) == 7
    assert get_path(spec, "a[0]", 7) == 7
    with pytest.raises(KeyError):
        get_path(spec, "a.c")
    set_path(spec, "n.x.y", 3)
    assert spec["n"] == {"x": {"y": 3}}
    with pytest.raises(KeyError, match="int"):
        set_path(spec, "a.b.c", 1)
    with pytest.raises(KeyError, match="list"):
        set_path({"l": [1]}, "l[3]", 1)
    with pytest.raises(KeyError, match="brackets"):
        get_path(spec, "a[x]")
