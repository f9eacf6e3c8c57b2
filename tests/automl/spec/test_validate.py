"""Spec validation: every fault at once, with dotted path, rule, value and hint."""

from typing import Any

import pytest
from project_paths import SKILLS

from automl.errors import SpecError
from automl.skill import Schema, load_skill, read_schema
from automl.spec import validate_spec
from automl.spec.nested import set_path


@pytest.fixture(scope="module")
def schema() -> Schema:
    return load_skill(SKILLS / "kitchen_sink").schema("train")


def faults(schema: Schema, changes: dict[str, Any], **options: Any) -> list[str]:
    values = schema.defaults()
    for key, value in changes.items():
        set_path(values, key, value)
    options.setdefault("allow_missing", ("dataset.root_dir",))
    try:
        validate_spec(schema, values, **options)
    except SpecError as exc:
        return list(exc.faults)
    return []


def test_defaults_are_valid(schema: Schema) -> None:
    assert faults(schema, {}) == []


@pytest.mark.parametrize(
    ("key", "value", "fault"),
    [
        ("model.depth", "six", "must be of type integer, is 'six'"),
        ("model.depth", 0, "must be at least 1, is 0"),
        ("model.depth", 1.5, "must be of type integer, is 1.5"),
        ("model.dropout", 1.0, "must be less than 1.0, is 1.0"),
        ("model.dropout", "half", "must be of type number, is 'half'"),
        ("model.pretrained_path", 2024, "must be of type string, is 2024 (no text); put it in"),
        ("model.temperature", 0, "must be greater than 0 or must be of type null, is 0"),
        ("model.hidden", 12, "must be a multiple of 8"),
        ("model.width", 100, "must be a power of 2, is 100"),
        ("model.backbone", "huge", "must be one of: small, base, large, is 'huge'"),
        ("model.norm", "batch", "must be 'layer', is 'batch'"),
        ("augment.operations", ["blur", "spin"], "must be one of: blur, jitter, cutout, is 'spin'"),
        ("augment.operations", ["blur", "blur"], "must have distinct items"),
        ("augment.scale", [0.5], "must have at least 2 items"),
        ("augment.scale", [0.0, 1.5], "[0]: must be at least 0.1, is 0.0"),
        ("augment.shift", 0.3, "must be a multiple of 0.25, is 0.3"),
        ("augment.angle", 0.0, "must not be 0.0, is 0.0"),
        ("augment.flip", 1, "must be of type boolean, is 1"),
        ("augment.crop_max", 300, "must be > augment.crop_min (= 384), is 300"),
        ("model.num_select", 101, "must be <= model.queries (= 100), is 101"),
        ("model.denoising", 51, "must be <= model.queries / 2 (= 100), is 51"),
        ("dataset.batch_size", 30, "must be a multiple of dataset.instances (= 4), is 30"),
        ("train.optim.warmup_epochs", 31, "must be <= train.num_epochs (= 30), is 31"),
        ("train.optim.lr", float("nan"), "must be a finite number, is nan"),
        ("train", 5, "is a collection, not a parameter: set what it holds, not 5"),
        ("model.dept", 3, "unknown key; did you mean model.depth"),
        ("modle.depth", 3, "unknown key"),
    ],
)
def test_each_fault_names_path_rule_and_value(
    schema: Schema, key: str, value: Any, fault: str
) -> None:
    found = faults(schema, {key: value})
    assert len(found) == 1, found
    assert found[0].startswith(key.split(".")[0])
    assert fault in found[0]


def test_every_fault_is_listed(schema: Schema) -> None:
    changes = {"model.depth": 0, "train.optim.lr": "x", "augment.flip": 3, "nope": 1}
    assert len(faults(schema, changes)) == 4


def test_decimal_multiples_are_judged_without_rounding_errors() -> None:
    node = {"type": "float", "default": 0.1, "multipleOf": 0.1}
    tenth = read_schema({"properties": {"x": node}}, "test")
    assert faults(tenth, {"x": 0.3}) == []
    assert faults(tenth, {"x": 0.35}) == ["x: must be a multiple of 0.1, is 0.35"]


def test_mandatory_keys(schema: Schema) -> None:
    assert faults(schema, {}, allow_missing=()) == [
        "dataset.root_dir: is mandatory and not set; give it with --set dataset.root_dir=VALUE"
    ]
    assert faults(schema, {"dataset.root_dir": "/data"}, allow_missing=()) == []
    required = read_schema(
        {
            "properties": {
                "lora": {
                    "required": ["rank"],
                    "properties": {"rank": {"type": "int"}, "bias": {"type": "int"}},
                }
            }
        },
        "test",
    )
    assert faults(required, {}, allow_missing=()) == []
    assert "lora.rank: is mandatory" in faults(required, {"lora.bias": 1}, allow_missing=())[0]


def test_a_packaged_default_is_never_refused() -> None:
    document = {
        "properties": {
            "size": {"type": "int", "default": -1, "minimum": 1},
            "top": {"type": "int", "default": 300, "depends_on": "<= queries"},
            "queries": {"type": "int", "default": 100},
        }
    }
    odd = read_schema(document, "test")
    assert faults(odd, {}) == []
    assert faults(odd, {"size": -2}) == ["size: must be at least 1, is -2"]
    assert faults(odd, {"queries": 200}) == ["top: must be <= queries (= 200), is 300"]
    assert faults(odd, {"queries": 200}, trusted=("top", "queries")) == []


def test_a_leaf_that_is_not_active_is_not_bound_to_its_parent() -> None:
    node = {"type": "int", "default": 1, "depends_on": "<= p"}
    active = {**node, "x_automl": {"active_when": {"on": [True]}}}
    document = {
        "properties": {"p": {"type": "int", "default": 5}, "on": {"type": "bool", "default": False}}
    }
    document["properties"]["x"] = active
    found = read_schema(document, "test")
    assert faults(found, {"x": 9}) == []
    assert faults(found, {"x": 9, "on": True}) == ["x: must be <= p (= 5), is 9"]


def test_an_open_collection_takes_any_key() -> None:
    document: dict[str, Any] = {
        "properties": {
            "free": {"type": "dict"},
            "open": {"additionalProperties": True, "properties": {"k": {"type": "int"}}},
            "closed": {"additionalProperties": False, "properties": {"k": {"type": "int"}}},
        }
    }
    found = read_schema(document, "test")
    assert faults(found, {"free.x.y": 1, "open.x": 1}) == []
    assert faults(found, {"closed.x": 1}) == ["closed.x: unknown key"]


def test_conditions_between_values_are_checked() -> None:
    document = {
        "properties": {"mode": {"enum": ["a", "b"], "default": "b"}, "x": {"type": "int"}},
        "allOf": [{"if": {"properties": {"mode": {"const": "a"}}}, "then": {"required": ["x"]}}],
    }
    found = read_schema(document, "test")
    assert faults(found, {}) == []
    assert faults(found, {"mode": "a", "x": 1}) == []
    assert faults(found, {"mode": "a"}) == ["x: is required and missing"]
    assert faults(found, {"mode": "a"}, allow_missing=("x",)) == []


def test_a_required_collection_is_named_once() -> None:
    inner = {"properties": {"k": {"type": "int"}}}
    document = {"required": ["one", "two"], "properties": {"one": inner, "two": inner}}
    found = read_schema(document, "test")
    assert faults(found, {}) == ["one: is required and missing", "two: is required and missing"]


def test_a_deep_spec_is_validated() -> None:
    node: dict[str, Any] = {"type": "float", "default": 0.5, "maximum": 1}
    for _ in range(200):
        node = {"type": "collection", "properties": {"n": node}}
    deep = read_schema({"properties": {"n": node}}, "deep")
    key = ".".join("n" * 201)
    assert faults(deep, {}) == []
    assert faults(deep, {key: 2.0}) == [f"{key}: must be at most 1, is 2.0"]
