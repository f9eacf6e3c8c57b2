"""Relations between parameters hold in every draw, by construction."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from automl.skill import Relation, Schema, read_schema
from automl.skill.schema.relation import MULTIPLE
from automl.space import Choice, FixedSuggest, Integer, RandomSuggest, Space, build_space
from automl.space.parameters.legal_grid import LegalGrid, narrow

CONDITIONS = {
    ">": {"math_cond": "> depends_on"},
    ">=": {"math_cond": ">= depends_on"},
    "<": {"math_cond": "< depends_on"},
    "<=": {"math_cond": "<= depends_on"},
    "!=": {"math_cond": "!= depends_on"},
    "==": {"math_cond": "== depends_on"},
    MULTIPLE: {"math_cond": "/ depends_on"},
    "half": {"math_cond": "/ 2"},
}


def holds(op: str, child: float, parent: float) -> bool:
    """A slow reference of its own."""
    if op == MULTIPLE:
        return child % parent == 0 if parent else child == 0
    if op == "half":
        return child * 2 <= parent
    return bool(eval(f"{child} {op} {parent}"))


def node(low: float, high: float, kind: str = "int", **more: Any) -> dict[str, Any]:
    default = more.pop("default", low)
    return {
        "type": kind,
        "default": default,
        "minimum": low,
        "maximum": high,
        "automl_enabled": True,
        **more,
    }


def read(**properties: Any) -> Schema:
    return read_schema({"properties": properties}, "test")


def draws(schema: Schema, count: int = 200, **options: Any) -> tuple[Space, list[dict[str, Any]]]:
    base = schema.defaults()
    space = build_space(schema, base, **options)
    suggest = RandomSuggest(0)
    return space, [space.draw(suggest, base) for _ in range(count)]


@settings(max_examples=300)
@given(
    op=st.sampled_from(list(CONDITIONS)),
    kinds=st.tuples(st.sampled_from(["int", "float"]), st.sampled_from(["int", "float"])),
    parent=st.tuples(st.integers(0, 40), st.integers(1, 60)),
    child=st.tuples(st.integers(0, 40), st.integers(1, 60)),
)
def test_any_pair_holds_in_every_draw_or_is_left_out(
    op: str, kinds: tuple[str, str], parent: tuple[int, int], child: tuple[int, int]
) -> None:
    schema = read(
        x=node(child[0], sum(child), kinds[0], depends_on="p", **CONDITIONS[op]),
        p=node(parent[0], sum(parent), kinds[1]),
    )
    base = schema.defaults()
    space, drawn = draws(schema, 30)
    for values in drawn:
        if "x" in values or "p" in values:
            spec = {**base, **values}
            assert holds(op, spec["x"], spec["p"]) or not values.keys() & {"x", "p"}, (space, spec)
        again = space.draw(FixedSuggest(space.encode(values, base)), base)
        assert space.canonical(again) == space.canonical(values)
    if not drawn[0]:
        assert space.left_out


def test_the_drawn_values_reach_both_ends_given_the_parent() -> None:
    schema = read(
        low=node(32, 1024), high=node(32, 1333, math_cond="> depends_on", depends_on="low")
    )
    space, drawn = draws(schema, 4000)
    assert space.names == ("low", "high")
    assert all(values["high"] > values["low"] for values in drawn)
    assert min(v["high"] - v["low"] for v in drawn) <= 3
    assert max(v["high"] for v in drawn) >= 1330
    assert max(v["low"] for v in drawn) >= 1020


def test_batch_size_is_a_multiple_of_instances() -> None:
    schema = read(
        batch=node(2, 65536, default=64, math_cond="/ depends_on", depends_on=["n"],
                   x_automl={"search": [16, 128]}),
        n={"type": "integer", "enum": [2, 4, 8, 16, 32], "default": 4, "automl_enabled": True},
    )  # fmt: skip
    space, drawn = draws(schema, 2000)
    assert space.names == ("n", "batch")
    assert all(values["batch"] % values["n"] == 0 for values in drawn)
    assert {values["n"] for values in drawn} == {2, 4, 8, 16, 32}
    assert {values["batch"] for values in drawn if values["n"] == 32} == {32, 64, 96, 128}


def test_a_fixed_child_restricts_its_parent() -> None:
    schema = read(
        batch=node(2, 256, default=24, math_cond="/ depends_on", depends_on="n",
                   automl_enabled=False),
        n=node(2, 16, default=4),
    )  # fmt: skip
    space, drawn = draws(schema)
    parameter = space.parameters[0]
    assert isinstance(parameter, Choice)
    assert parameter.choices == (2, 3, 4, 6, 8, 12)
    assert "kept to what suits batch = 24" in parameter.reason


def test_a_fixed_parent_narrows_its_child_once() -> None:
    schema = read(
        warmup=node(0, 50, default=2, math_cond="<= depends_on", depends_on="epochs"),
        epochs={"type": "int", "default": 12},
    )
    space, drawn = draws(schema)
    parameter = space.parameters[0]
    assert isinstance(parameter, Integer)
    assert (parameter.low, parameter.high, parameter.relations) == (0, 12, ())


def test_a_parent_that_leaves_its_child_nothing_is_cut() -> None:
    schema = read(
        p=node(0, 100, default=10), x=node(20, 50, default=30, math_cond="> depends_on",
                                           depends_on="p")
    )  # fmt: skip
    parent = build_space(schema, schema.defaults()).parameters[0].to_json()
    assert (parent["low"], parent["high"]) == (0, 49)
    assert "kept to what leaves x a value" in parent["reason"]


def test_a_chain_of_parents() -> None:
    schema = read(
        a=node(1, 100), b=node(1, 60, default=2, math_cond="> depends_on", depends_on="a"),
        c=node(1, 40, default=3, math_cond="> depends_on", depends_on="b"),
    )  # fmt: skip
    _, drawn = draws(schema, 2000)
    assert all(v["a"] < v["b"] < v["c"] for v in drawn)
    assert max(v["a"] for v in drawn) == 38


def test_a_child_of_two_parents() -> None:
    schema = read(
        low=node(1, 100, default=10),
        high=node(1, 100, default=50),
        x=node(1, 100, default=30, depends_on=["> low", "<= high"]),
    )
    _, drawn = draws(schema, 1000)
    assert all(v["low"] < v["x"] <= v["high"] for v in drawn)
    assert len({v["x"] for v in drawn}) > 40


def test_bare_parents_are_only_drawn_first() -> None:
    schema = read(x=node(1, 9, depends_on="p"), p=node(1, 9))
    space, drawn = draws(schema)
    assert space.names == ("p", "x")
    assert any(v["x"] < v["p"] for v in drawn)
    assert space.parameters[1].depends_on == ("p",)


@pytest.mark.parametrize(
    "links",
    [{"a": "a"}, {"a": "b", "b": "a"}, {"a": "b", "b": "c", "c": "a"}],
)
def test_members_of_a_cycle_are_left_out(links: dict[str, str]) -> None:
    nodes = {name: node(1, 9) for name in "abcd"}
    for child, parent in links.items():
        nodes[child] = node(1, 9, math_cond="> depends_on", depends_on=parent)
    schema = read(**nodes)
    space = build_space(schema, schema.defaults())
    assert {out.name for out in space.left_out} == set(links)
    assert all("form a cycle" in out.reason for out in space.left_out)
    assert set(space.names) == set("abcd") - set(links)


def test_a_child_that_a_resting_parent_leaves_nothing_is_left_out() -> None:
    schema = read(
        on={"type": "bool", "default": False, "automl_enabled": True},
        p=node(1, 100, default=90, x_automl={"active_when": {"on": [True]}}),
        x=node(1, 50, default=95, math_cond="> depends_on", depends_on="p"),
    )
    space, drawn = draws(schema)
    assert "x" not in space.names
    assert "rests at 90" in {out.name: out.reason for out in space.left_out}["x"]


def test_a_parent_outside_the_schema_is_a_warning() -> None:
    schema = read(x=node(1, 9, depends_on="> nowhere"))
    space, _ = draws(schema)
    assert space.names == ("x",)
    assert "names 'nowhere', which is no parameter" in space.warnings[0]


def test_choices_may_depend_on_a_parent() -> None:
    heads = {"type": "int", "enum": [2, 4, 8, 16], "default": 2, "automl_enabled": True}
    schema = read(
        heads={**heads, "math_cond": "<= depends_on", "depends_on": "p"}, p=node(1, 16, default=4)
    )
    space, drawn = draws(schema, 500)
    assert all(v["heads"] <= v["p"] for v in drawn)
    assert {v["heads"] for v in drawn} == {2, 4, 8, 16}
    assert min(v["p"] for v in drawn) == 2


@given(
    low=st.integers(-30, 30),
    width=st.integers(0, 40),
    unit=st.integers(1, 6),
    op=st.sampled_from([">", ">=", "<", "<=", "==", "!=", MULTIPLE]),
    parent=st.integers(-20, 40),
    divisor=st.sampled_from([1, 2, 3]),
)
def test_a_narrowed_grid_holds_exactly_the_legal_values(
    low: int, width: int, unit: int, op: str, parent: int, divisor: int
) -> None:
    if op == MULTIPLE:
        unit, divisor = 1, 1
    grid = LegalGrid(low, low + width // unit * unit, unit)
    narrowed = narrow(grid, [Relation("p", op, divisor)], [parent], whole=True)
    reference = [
        value
        for value in range(low, low + width // unit * unit + 1, unit)
        if (holds(op, value, parent / divisor) if op != MULTIPLE else holds(op, value, abs(parent)))
    ]
    found = {narrowed.at(k / 997) for k in range(998)} if narrowed.count else set()
    if reference or op != "!=":
        assert found == set(reference)
    for value in reference:
        assert narrowed.at(narrowed.fraction(value)) == value
