"""Schemas that contradict themselves end in a reason, a warning or one error; never a bad draw.

What hypothesis made, and how many of its schemas hold each contradiction:

    pytest --hypothesis-show-statistics tests/automl/space tests/automl/spec tests/automl/skill
"""

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from automl.errors import SkillError, SpaceError, SpecError
from automl.skill import read_schema
from automl.space import FixedSuggest, RandomSuggest, Space, build_space
from automl.space.check_schema import schema_faults
from automl.spec import validate_spec

INF, NAN = math.inf, math.nan
NAMES = ["lr", "LR", "momentum", "lr_steps", "num_epochs", "batch", "Batch", "depth"]
NUMBERS = [0, 1, -1, 0.5, 1e-5, 3, 8, 64, 1000, 1e6, INF, -INF, NAN, None, "", "0.5", [0, 1], 1e300]
TYPES = [
    *("int", "integer", "float", "number", "bool", "boolean", "string", "categorical", "ordered"),
    *("ordered_int", "list", "array", "list_1_x", "list_2", "list_3", "subset_list"),
    *("optional_list", "collection", "object", "dict", "null", "tensor"),
]
JUNK = [None, "", 0, -1, 2.5, True, "x", [], {}, [1], {"a": 1}, INF, NAN, 10**400]
NAME = st.sampled_from(NAMES)
PARENTS = st.one_of(
    NAME,
    st.lists(NAME, max_size=3),
    st.builds("{} {}".format, st.sampled_from([">", "<=", "/", "!=", "=="]), NAME),
    st.sampled_from(JUNK),
)
CONDITIONS = st.sampled_from(
    ["> 0.0", ">= 1", "!= 0", "> 0.0 <= 1.0", "/ 8", "^ 2", "> depends_on", "/ 2", "/ depends_on",
     "<= depends_on", "== depends_on", "garbage", "/ 0", "^ 1", "> nan", "", 5, None]
)  # fmt: skip
ENUMS = st.sampled_from(
    [[1, 2, 3], ["a", "b"], [1, True, 1.0, "1"], [None, 1], [[1], [2]], [], "abc", [1], [NAN, 1]]
)
CONJUNCTIONS = st.one_of(
    st.dictionaries(NAME, st.sampled_from([["a"], [True, 1], 3, [], [NAN]]), max_size=2),
    st.sampled_from(JUNK),
)
ANNOTATIONS = st.one_of(
    st.sampled_from(JUNK),
    st.fixed_dictionaries(
        {},
        optional={
            "scale": st.sampled_from(["log", "linear", "cubic"]),
            "search": st.sampled_from([[0.1, 5], [5, 1], [0, INF], [-5, 50], [0, 1], 3]),
            "step": st.sampled_from([0.1, 3, -1, 100]),
            "active_when": st.one_of(CONJUNCTIONS, st.lists(CONJUNCTIONS, max_size=3)),
            "budget": st.sampled_from([{}, {"key": "num_epochs", "reference": 100}]),
        },
    ),
)
NODES = st.fixed_dictionaries(
    {"automl_enabled": st.sampled_from([True, True, True, False, "yes", "?", None])},
    optional={
        "type": st.one_of(
            st.sampled_from(TYPES), st.sampled_from(JUNK), st.just(["integer", "null"])
        ),
        "default": st.one_of(st.sampled_from(JUNK), st.sampled_from([3, 0.5, 10, "???", [1, 2]])),
        "minimum": st.sampled_from(NUMBERS),
        "maximum": st.sampled_from(NUMBERS),
        "exclusiveMinimum": st.sampled_from([*NUMBERS, True]),
        "multipleOf": st.sampled_from([1, 2, 8, 0.1, 0, -1, NAN, "x", 1e-9]),
        "enum": ENUMS,
        "option_weights": st.sampled_from([[1, 2], [0, 0], [-1, 2, 1], "w", [NAN, 1], [1, 2, 3]]),
        "math_cond": CONDITIONS,
        "depends_on": PARENTS,
        "x_automl": ANNOTATIONS,
        "minItems": st.sampled_from([0, 2, "x", -1]),
        "quantum": st.just(1),
    },
)
DOCUMENTS = st.fixed_dictionaries(
    {"properties": st.dictionaries(NAME, NODES, min_size=1, max_size=6)},
    optional={
        "default": st.dictionaries(NAME, st.sampled_from(JUNK), max_size=2),
        "automl_default_parameters": st.lists(NAME, max_size=3),
        "automl_disabled_parameters": st.lists(NAME, max_size=2),
    },
)


@pytest.mark.slow
@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(document=DOCUMENTS, seed=st.integers(0, 3))
def test_a_hostile_schema_never_gives_a_traceback_or_a_bad_draw(
    document: dict[str, Any], seed: int
) -> None:
    schema = read_schema(document, "hostile")
    base = schema.defaults()
    space = build_space(schema, base)
    assert all(out.reason for out in space.left_out)
    written = json.loads(json.dumps(space.to_json()))
    assert Space.from_json(written).to_json() == space.to_json()
    suggest = RandomSuggest(seed)
    for _ in range(3):
        params = space.draw(suggest, base)
        again = space.draw(FixedSuggest(space.encode(params, base)), base)
        assert space.canonical(again) == space.canonical(params)
        spec = space.apply(params, base)
        assert [fault for fault in faults_of(schema, spec) if is_about(fault, params)] == []
    faults = [message for _, message in schema_faults(schema)]
    assert faults == [message for _, message in schema_faults(schema)]
    for case in cases_in(document, faults):
        event(case)


SAID = {
    "legal range is empty": "an empty range",
    "default: must be at": "a default outside the bounds",
    "form a cycle": "a cycle",
    "option_weights: ": "weights of the wrong length, sign or sum",
    " is NaN": "a NaN bound",
    "is both a default": "default and disabled",
    "alternative ": "an alternative that is none",
    "is never": "a condition that cannot hold",
}


def cases_in(document: dict[str, Any], faults: list[str]) -> set[str]:
    """Which hostile cases a random document holds."""
    nodes = document["properties"]
    enums = [node.get("enum") for node in nodes.values() if isinstance(node.get("enum"), list)]
    found = {case for words, case in SAID.items() if any(words in fault for fault in faults)}
    if any(len(set(map(type, enum))) > 1 for enum in enums):
        found.add("an enum of mixed types")
    if len({name.lower() for name in nodes}) < len(nodes):
        found.add("names that differ in case")
    return found


def faults_of(schema: Any, spec: dict[str, Any]) -> tuple[str, ...]:
    try:
        validate_spec(schema, spec, allow_missing=schema.leaves)
    except SpecError as exc:
        return exc.faults
    return ()


def is_about(fault: str, params: dict[str, Any]) -> bool:
    return fault.partition(":")[0].partition("[")[0] in params


@settings(max_examples=150)
@given(document=DOCUMENTS, name=NAME)
def test_naming_a_hostile_parameter_gives_a_space_or_one_error(
    document: dict[str, Any], name: str
) -> None:
    schema = read_schema(document, "hostile")
    with contextlib.suppress(SpaceError):
        space = build_space(schema, schema.defaults(), search=[name], allow_disabled=True)
        assert space.names == (name,)


KEYS = st.sampled_from(["properties", "type", "default", "$ref", "allOf", "a"])
ANY_JSON = st.recursive(
    st.sampled_from(JUNK),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner)),
    max_leaves=12,
)


@given(document=ANY_JSON)
def test_any_json_is_read_or_refused(document: Any) -> None:
    with contextlib.suppress(SkillError):
        schema = read_schema(document, "any.json")
        build_space(schema, schema.defaults())


def wide(count: int) -> dict[str, Any]:
    node = {"type": "float", "default": 0.5, "minimum": 0, "maximum": 1, "automl_enabled": True}
    return {"properties": {f"p{index}": node for index in range(count)}}


def test_10000_leaves() -> None:
    schema = read_schema(wide(10_000), "wide")
    space = build_space(schema, schema.defaults())
    assert len(space.parameters) == 10_000
    drawn = space.draw(RandomSuggest(0), schema.defaults())
    assert all(0 <= value <= 1 for value in drawn.values())


def test_a_chain_of_1000_parents() -> None:
    document = wide(1000)
    nodes = document["properties"]
    for index in range(1, 1000):
        nodes[f"p{index}"] = {**nodes["p0"], "depends_on": f"p{index - 1}"}
    schema = read_schema({"properties": dict(reversed(nodes.items()))}, "chain")
    space = build_space(schema, schema.defaults())
    assert space.names == tuple(f"p{index}" for index in range(1000))


def test_200_levels() -> None:
    node: dict[str, Any] = {"type": "float", "default": 0.5, "maximum": 1, "automl_enabled": True}
    for _ in range(200):
        node = {"type": "collection", "properties": {"n": node}}
    schema = read_schema({"properties": {"n": node}}, "deep")
    base = schema.defaults()
    space = build_space(schema, base)
    assert space.names == (".".join(["n"] * 201),)
    spec = space.apply(space.draw(RandomSuggest(0), base), base)
    validate_spec(schema, spec)
