"""Milestones: sorted, distinct, inside the budget, whatever the budget is."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.skill import Schema, read_schema
from automl.space import FixedSuggest, Milestones, RandomSuggest, Space, build_space


def schema(epochs: int, default: list[int], **more: Any) -> Schema:
    optim = {
        "lr_steps": {"type": "list", "default": default, "automl_enabled": True, **more},
    }
    properties = {
        "num_epochs": {"type": "int", "default": epochs, "minimum": 1},
        "optim": {"properties": optim},
    }
    return read_schema({"properties": {"train": {"properties": properties}}}, "test")


def space_of(found: Schema) -> Space:
    return build_space(found, found.defaults())


@given(epochs=st.integers(2, 400), length=st.integers(1, 6), seed=st.integers(0, 5))
def test_every_draw_is_sorted_distinct_and_inside(epochs: int, length: int, seed: int) -> None:
    found = schema(epochs, list(range(1, length + 1)))
    space = space_of(found)
    suggest = RandomSuggest(seed)
    for _ in range(20):
        drawn = space.draw(suggest, found.defaults())["train.optim.lr_steps"]
        assert drawn == sorted(set(drawn))
        assert all(type(step) is int and 1 <= step <= epochs - 1 for step in drawn)
        assert len(drawn) == min(length, epochs - 1)
    assert bool(space.warnings) is (length > epochs - 1)


@given(
    budget=st.integers(2, 300),
    wanted=st.lists(st.integers(-5, 400), max_size=6),
    length=st.integers(1, 5),
)
def test_any_list_is_encoded_to_a_legal_one_and_a_legal_one_to_itself(
    budget: int, wanted: list[int], length: int
) -> None:
    parameter = Milestones(name="m", length=length, budget_key="e", budget=budget)
    answers = parameter.encode(wanted, lambda _: budget)
    drawn = parameter.draw(FixedSuggest(answers), lambda _: budget)
    assert drawn == sorted(set(drawn))
    assert all(1 <= step <= budget - 1 for step in drawn)
    legal = sorted({step for step in wanted if 1 <= step <= budget - 1})
    if len(legal) == len(wanted) == min(length, budget - 1) and legal == sorted(wanted):
        assert drawn == legal
    assert parameter.encode(drawn, lambda _: budget) == answers


def test_both_ends_and_all_pairs_occur() -> None:
    parameter = Milestones(name="m", length=2, budget_key="e", budget=6)
    suggest = RandomSuggest(0)
    drawn = Counter(tuple(parameter.draw(suggest, lambda _: 6)) for _ in range(3000))
    assert set(drawn) == {(a, b) for a in range(1, 6) for b in range(a + 1, 6)}


def test_the_list_follows_a_budget_that_changes() -> None:
    parameter = Milestones(name="m", length=3, budget_key="e", budget=10)
    suggest = RandomSuggest(0)
    assert parameter.draw(suggest, lambda _: 3) == [1, 2]
    assert parameter.draw(suggest, lambda _: 2) == [1]
    space = Space((parameter,))
    assert space.draw(suggest, {"e": 1}) == {}
    assert space.encode({}, {"e": 1}) == {}


def test_a_budget_too_small_for_the_list_is_said() -> None:
    space = space_of(schema(3, [40, 70, 90]))
    assert len(space.warnings) == 1
    assert "3 milestones do not fit a budget of 3 (train.num_epochs)" in space.warnings[0]
    none = space_of(schema(1, [40]))
    assert none.parameters == ()
    assert "no room" in none.left_out[0].reason


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"default": []}, "names no milestone"),
        ({"minItems": 5}, "no room"),
        ({"multipleOf": 10}, "must be certain numbers"),
        ({"minimum": [1, 2]}, "must be certain numbers"),
    ],
)
def test_lists_that_cannot_be_searched(more: dict[str, Any], words: str) -> None:
    default = more.pop("default", [3, 4])
    found = space_of(schema(5, default, **{"type": "list_1_x", **more}))
    assert found.parameters == ()
    assert words in found.left_out[0].reason


def test_bounds_of_the_items_hold() -> None:
    found = schema(20, [3, 4], items={"minimum": 5, "maximum": 8})
    parameter = space_of(found).parameters[0]
    suggest = RandomSuggest(0)
    drawn = [parameter.draw(suggest, lambda _: 20) for _ in range(200)]
    assert {min(one) for one in drawn} | {max(one) for one in drawn} == {5, 6, 7, 8}


def test_the_budget_is_found_near_the_list() -> None:
    epochs = {"type": "int", "default": 7}
    near = {"max_epochs": epochs, "lr_steps": {"type": "list", "default": [3]}}
    document = {
        "properties": {
            "other": {"properties": {"epochs": {"type": "int", "default": 99}}},
            "fit": {"properties": {"optim": {"properties": near}}},
        }
    }
    found = read_schema(document, "test")
    parameter = build_space(found, found.defaults(), search=["lr_steps"]).parameters[0]
    assert isinstance(parameter, Milestones)
    assert (parameter.budget_key, parameter.budget) == ("fit.optim.max_epochs", 7)


def test_a_length_of_the_schedule_stays_within_its_budget() -> None:
    node = {
        "type": "int",
        "default": 20,
        "minimum": 0,
        "automl_enabled": True,
        "x_automl": {"budget": {"key": "epochs", "reference": 100}},
    }
    for epochs in (1, 2, 10, 300):
        properties = {"epochs": {"type": "int", "default": epochs}, "warmup": node}
        found = read_schema({"properties": properties}, "test")
        space = build_space(found, found.defaults())
        suggest = RandomSuggest(0)
        drawn = {space.draw(suggest, found.defaults())["warmup"] for _ in range(300)}
        assert min(drawn) == 0
        assert max(drawn) == space.parameters[0].to_json()["high"] <= epochs


def test_a_search_range_scales_with_the_budget() -> None:
    annotation = {"search": [5, 40], "budget": {"key": "epochs", "reference": 100}}
    node = {"type": "int", "default": 20, "automl_enabled": True, "x_automl": annotation}
    properties = {"epochs": {"type": "int", "default": 50}, "warmup": node}
    found = read_schema({"properties": properties}, "test")
    parameter = build_space(found, found.defaults()).parameters[0].to_json()
    assert (parameter["low"], parameter["high"], parameter["source"]) == (2, 20, "search")
