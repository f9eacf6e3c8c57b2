"""Reading a schema of the dialect: leaves, kinds, bounds, defaults, lists, issues."""

import json
import math
from typing import Any

import pytest
from project_paths import SKILLS

from automl.errors import SkillError
from automl.skill import Bounds, Leaf, LeafKind, Schema, load_skill, read_schema


def leaf(**node: Any) -> Leaf:
    return schema(x=node).leaves["x"]


def schema(**properties: Any) -> Schema:
    return read_schema({"properties": properties}, "test")


@pytest.mark.parametrize(
    ("node", "kind"),
    [
        ({"type": "int"}, LeafKind.INT),
        ({"type": "integer"}, LeafKind.INT),
        ({"type": "float"}, LeafKind.FLOAT),
        ({"type": "number"}, LeafKind.FLOAT),
        ({"type": "bool"}, LeafKind.BOOL),
        ({"type": "boolean"}, LeafKind.BOOL),
        ({"type": "string"}, LeafKind.STRING),
        ({"type": "string", "enum": ["a", "b"]}, LeafKind.CHOICE),
        ({"type": "int", "enum": [1, 2]}, LeafKind.CHOICE),
        ({"type": "categorical", "enum": ["a"]}, LeafKind.CHOICE),
        ({"type": "categorical", "default": "a"}, LeafKind.STRING),
        ({"type": "categorical", "default": True}, LeafKind.BOOL),
        ({"type": "ordered", "enum": ["a", "b"]}, LeafKind.CHOICE),
        ({"type": "ordered_int", "enum": [1, 2]}, LeafKind.CHOICE),
        ({"type": "ordered_int", "default": 2}, LeafKind.INT),
        ({"enum": ["a", "b"]}, LeafKind.CHOICE),
        ({"const": "a"}, LeafKind.CHOICE),
        ({"type": "list"}, LeafKind.LIST),
        ({"type": "array", "default": ["a"]}, LeafKind.LIST),
        ({"type": "array", "default": [1, 2.5]}, LeafKind.NUMBERS),
        ({"type": "list_1_backbone", "default": [1]}, LeafKind.MILESTONES),
        ({"type": "list_2", "default": [0.1, 0.2]}, LeafKind.NUMBERS),
        ({"type": "list_3", "default": [1, 2, 3]}, LeafKind.NUMBERS),
        ({"type": "subset_list", "enum": ["a", "b"]}, LeafKind.SUBSET),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, LeafKind.SUBSET),
        ({"type": "list", "enum": [[1], [2]]}, LeafKind.CHOICE),
        ({"type": "optional_list"}, LeafKind.LIST),
        ({"type": "collection"}, LeafKind.DICT),
        ({"type": "object", "properties": {}}, LeafKind.DICT),
        ({"type": "dict"}, LeafKind.DICT),
        ({"anyOf": [{"type": "null"}, {"type": "number"}]}, LeafKind.FLOAT),
        ({"anyOf": [{"type": "array"}, {"type": "integer"}]}, LeafKind.INT),
        ({"type": ["null", "array", "string"]}, LeafKind.STRING),
        ({"default": 3}, LeafKind.INT),
        ({"default": 0.5}, LeafKind.FLOAT),
        ({"default": False}, LeafKind.BOOL),
        ({"minimum": 0}, LeafKind.FLOAT),
        ({}, LeafKind.ANY),
        ({"type": "tensor"}, LeafKind.ANY),
    ],
)
def test_kind_of_every_type_word(node: dict[str, Any], kind: LeafKind) -> None:
    assert leaf(**node).kind is kind


def test_milestones_are_known_by_name_too() -> None:
    whole = {"type": "list", "default": [40, 70]}
    found = schema(lr_steps=whole, decay_epochs=whole, sizes=whole).leaves
    assert [found[name].kind for name in found] == [
        LeafKind.MILESTONES,
        LeafKind.MILESTONES,
        LeafKind.NUMBERS,
    ]
    declared = leaf(**whole, x_automl={"budget": {"key": "e", "reference": 100}})
    assert declared.kind is LeafKind.MILESTONES


@pytest.mark.parametrize(
    ("node", "bounds"),
    [
        ({"minimum": 0, "maximum": 1}, Bounds(0, 1)),
        ({"minimum": -math.inf, "maximum": math.inf}, Bounds()),
        ({"minimum": None, "maximum": ""}, Bounds()),
        ({"minimum": "0.5"}, Bounds(0.5)),
        ({"exclusiveMinimum": 0, "maximum": 1}, Bounds(0, 1, low_open=True)),
        ({"minimum": 0, "exclusiveMinimum": 0}, Bounds(0, low_open=True)),
        ({"minimum": 1, "exclusiveMinimum": 0}, Bounds(1)),
        ({"minimum": 0, "exclusiveMinimum": True}, Bounds(0, low_open=True)),
        ({"minimum": 0, "math_cond": "> 0.0 <= 1.0"}, Bounds(0, 1, low_open=True)),
        ({"multipleOf": 4, "math_cond": "/ 6"}, Bounds(multiple_of=12)),
        ({"math_cond": "!= 0 ^ 2"}, Bounds(excluded=(0.0,), power_of=2.0)),
        ({"anyOf": [{"type": "number", "minimum": 2}], "minimum": 1}, Bounds(2)),
        ({"allOf": [{"minimum": 1}, {"maximum": 5}, {"minimum": 3}]}, Bounds(3, 5)),
        ({"minimum": 2**63}, Bounds(2**63)),
    ],
)
def test_bounds_of_every_form(node: dict[str, Any], bounds: Bounds) -> None:
    assert leaf(type="float", **node).bounds == bounds


def test_list_bounds_are_by_position() -> None:
    found = leaf(type="list_2", default=[0.1, 2], minimum=[0, 1], maximum=[1, None])
    assert found.element_bounds == (Bounds(0, 1), Bounds(1))
    assert found.length == (2, 2)


@pytest.mark.parametrize(
    ("node", "keyword"),
    [
        ({"type": "tensor"}, "type"),
        ({"type": 5}, "type"),
        ({"minimum": math.nan}, "minimum"),
        ({"minimum": math.inf}, "minimum"),
        ({"maximum": "much"}, "maximum"),
        ({"multipleOf": 0}, "multipleOf"),
        ({"math_cond": "about 3"}, "math_cond"),
        ({"math_cond": "> depends_on"}, "math_cond"),
        ({"depends_on": 5}, "depends_on"),
        ({"enum": "abc"}, "enum"),
        ({"enum": [1, math.nan]}, "enum"),
        ({"enum": [1, 2], "option_weights": [1]}, "option_weights"),
        ({"enum": [1, 2], "option_weights": [0, 0]}, "option_weights"),
        ({"enum": [1, 2], "option_weights": [1, -1]}, "option_weights"),
        ({"automl_enabled": "perhaps"}, "automl_enabled"),
        ({"x_automl": 5}, "x_automl"),
        ({"x_automl": {"scale": "cubic"}}, "x_automl.scale"),
        ({"x_automl": {"search": [2, 1]}}, "x_automl.search"),
        ({"x_automl": {"search": [0, math.inf]}}, "x_automl.search"),
        ({"x_automl": {"step": 0}}, "x_automl.step"),
        ({"x_automl": {"active_when": []}}, "x_automl.active_when"),
        ({"x_automl": {"active_when": {}}}, "x_automl.active_when"),
        ({"x_automl": {"active_when": {"k": []}}}, "x_automl.active_when"),
        ({"x_automl": {"active_when": [{"k": [1]}, {}]}}, "x_automl.active_when"),
        ({"x_automl": {"active_when": [{"k": [1]}, "k"]}}, "x_automl.active_when"),
        ({"x_automl": {"active_when": [[{"k": [1]}]]}}, "x_automl.active_when"),
        ({"x_automl": {"budget": {"key": "e"}}}, "x_automl.budget"),
        ({"x_automl": {"prior": 1}}, "x_automl.prior"),
        ({"minItems": "two"}, "minItems"),
        ({"default": math.nan}, "default"),
        ({"$ref": "#/nowhere"}, "$ref"),
        ({"type": "bool", "anyOf": [{"type": "string"}]}, "anyOf"),
        ({"quantum": 8}, "quantum"),
    ],
)
def test_what_cannot_be_used_is_an_issue_and_never_dropped_in_silence(
    node: dict[str, Any], keyword: str
) -> None:
    found = schema(x=node).issues
    assert [(issue.name, issue.keyword) for issue in found] == [("x", keyword)]


def test_keywords_that_constrain_and_are_not_understood_are_listed() -> None:
    found = schema(x={"type": "int", "quantum": 8, "x_vendor": 1, "option_weights": "?"})
    assert [(i.name, i.keyword) for i in found.issues if i.constrains] == [("x", "quantum")]


def test_conditions_between_values_are_noted_apart() -> None:
    document = {
        "properties": {"mode": {"enum": ["a", "b"]}},
        "allOf": [{"if": {"properties": {"mode": {"const": "a"}}}, "then": {"required": ["x"]}}],
    }
    found = read_schema(document, "test")
    assert found.issues == ()
    assert found.crossing == (("", "if"),)


def test_references_are_followed_and_the_property_wins() -> None:
    document = {
        "$defs": {"share": {"type": "number", "minimum": 0, "maximum": 1, "title": "Share"}},
        "properties": {"p": {"$ref": "#/$defs/share", "default": 0.1, "title": "P"}},
    }
    found = read_schema(document, "test").leaves["p"]
    assert (found.kind, found.bounds, found.title) == (LeafKind.FLOAT, Bounds(0, 1), "P")


def test_references_in_a_circle_are_an_issue() -> None:
    document = {"properties": {"a": {"$ref": "#/properties/b"}, "b": {"$ref": "#/properties/a"}}}
    found = read_schema(document, "test")
    assert {issue.name for issue in found.issues} == {"a", "b"}


def test_an_outer_default_wins_and_is_the_leafs_default() -> None:
    document = {
        "default": {"train": {"lr": 0.1}, "free": {"kept": 1}},
        "properties": {
            "train": {
                "default": {"lr": 0.2, "steps": 5},
                "properties": {
                    "lr": {"type": "float", "default": 0.3},
                    "steps": {"type": "int", "default": 7},
                    "seed": {"type": "int", "default": 9},
                    "open": {"type": "int"},
                },
            }
        },
    }
    found = read_schema(document, "test")
    assert found.defaults() == {
        "train": {"lr": 0.1, "steps": 5, "seed": 9},
        "free": {"kept": 1},
    }
    assert found.leaves["train.lr"].default == 0.1
    assert not found.leaves["train.open"].has_default


def test_a_mandatory_leaf_has_no_default() -> None:
    found = schema(x={"type": "string", "default": "???"})
    assert found.leaves["x"].mandatory
    assert not found.leaves["x"].has_default
    assert found.defaults() == {"x": "???"}
    required = read_schema({"required": ["y"], "properties": {"y": {"type": "int"}}}, "test")
    assert required.leaves["y"].mandatory


def test_lists_are_united_over_all_levels_and_are_no_nodes() -> None:
    document = {
        "automl_default_parameters": ["a.x"],
        "properties": {
            "automl_disabled_parameters": ["a"],
            "a": {
                "automl_default_parameters": ["a.y"],
                "automl_disabled_parameters": ["a.x"],
                "properties": {"x": {"type": "int"}, "y": {"type": "int"}},
            },
        },
    }
    found = read_schema(document, "test")
    assert found.default_parameters == {"a.x", "a.y"}
    assert found.disabled_parameters == {"a", "a.x"}
    assert list(found.leaves) == ["a.x", "a.y"]


def test_a_default_list_that_names_no_parameter_is_an_issue() -> None:
    document = {
        "automl_default_parameters": ["a", "b.c"],
        "properties": {"a": {"properties": {"x": {"type": "int"}}}},
    }
    messages = [issue.message for issue in read_schema(document, "test").issues]
    assert len(messages) == 2
    assert "'a' is a collection" in messages[0]
    assert "'b.c' is not in the schema" in messages[1]


def test_keyword_names_may_be_property_names() -> None:
    inner = {name: {"type": "int", "default": 1} for name in ("type", "default", "enum", "items")}
    found = schema(model={"type": "collection", "properties": inner})
    assert list(found.leaves) == [f"model.{name}" for name in inner]
    assert found.issues == ()


def test_enum_values_are_told_apart_as_json_does() -> None:
    found = leaf(enum=[1, True, 1.0, "1", None, 1])
    assert [repr(choice) for choice in found.choices] == ["1", "True", "'1'", "None"]


def test_weights_are_normalised() -> None:
    assert leaf(enum=["a", "b"], option_weights=[1, 3]).weights == (0.25, 0.75)


@pytest.mark.parametrize("document", [[], 5, None, {}, {"properties": []}])
def test_a_document_without_properties_is_refused(document: Any) -> None:
    with pytest.raises(SkillError, match=r"schema.json: must"):
        read_schema(document, "schema.json")


def test_200_levels_deep_and_10000_leaves_wide() -> None:
    node: dict[str, Any] = {"type": "float", "default": 0.5, "automl_enabled": True}
    for _ in range(200):
        node = {"type": "collection", "properties": {"n": node}}
    deep = read_schema(json.loads(json.dumps({"properties": {"n": node}})), "deep")
    assert next(iter(deep.leaves)) == ".".join("n" * 201)
    wide = schema(**{f"p{i}": {"type": "int", "default": i} for i in range(10_000)})
    assert len(wide.leaves) == 10_000


def test_the_bare_tokens_of_generators_are_read() -> None:
    sink = load_skill(SKILLS / "kitchen_sink").schema("train")
    assert "Infinity" in (SKILLS / "kitchen_sink/schemas/train.schema.json").read_text()
    assert sink.leaves["train.optim.lr"].bounds == Bounds(0.0)
    assert sink.issues == ()
    assert len(sink.leaves) == 51
