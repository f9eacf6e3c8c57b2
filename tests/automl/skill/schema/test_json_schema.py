"""The translation to JSON Schema 2020-12: valid itself, and it judges as the dialect does."""

import math
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from project_paths import SKILLS

from automl.skill import load_skill, packaged_skill_dir, read_schema


def judge(node: dict[str, Any], value: Any) -> bool:
    schema = read_schema({"properties": {"x": node}}, "test").json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema).is_valid({"x": value})


@pytest.mark.parametrize(
    ("node", "legal", "illegal"),
    [
        ({"type": "int"}, [1, 2.0], [1.5, "1", True, None]),
        ({"type": "float"}, [1, 0.5], ["0.5", True, None]),
        ({"type": "bool"}, [True], [1, "true"]),
        ({"type": "string"}, ["a", ""], [1]),
        ({"type": "string", "default": None}, [None, "a"], [1]),
        ({"type": "string", "minLength": "?", "regex": "^a"}, ["ab"], ["b"]),
        ({"type": "float", "minimum": 0, "maximum": math.inf}, [0, 1e300], [-1]),
        ({"type": "float", "minimum": "", "maximum": None}, [-5], ["a"]),
        ({"type": "float", "minimum": 0, "exclusiveMinimum": True}, [0.1], [0]),
        ({"type": "float", "math_cond": "> 0.0 <= 1.0"}, [1.0, 0.1], [0.0, 1.1]),
        ({"type": "int", "math_cond": "!= 0"}, [1, -1], [0]),
        ({"type": "int", "math_cond": "/ 8"}, [8, 0], [4]),
        ({"type": "int", "math_cond": "^ 2"}, [1, 256], [3, 0]),
        ({"type": "int", "math_cond": "/ 2", "depends_on": "p"}, [3], ["3"]),
        ({"type": "int", "multipleOf": 4}, [8], [6]),
        ({"enum": ["a", 1]}, ["a", 1], ["b", True]),
        ({"type": "int", "enum": [1, 2], "nullable": True}, [1, None], [3]),
        ({"const": 3}, [3], [4]),
        ({"type": "subset_list", "enum": ["a", "b"]}, [["a"], [], ["b", "a"]], ["a", ["c"]]),
        ({"type": "subset_list", "enum": ["a", "b"]}, [["a"]], [["a", "a"]]),
        ({"type": "list", "enum": [[1], [2]]}, [[1]], [[3], 1]),
        ({"type": "optional_list"}, [None, [1]], [1]),
        ({"type": "list_2"}, [[1, 2]], [[1], [1, 2, 3]]),
        ({"type": "list_1_normal"}, [[1, 2, 3]], [1]),
        ({"type": "list", "minimum": 0, "maximum": 1}, [[0, 1]], [[2]]),
        ({"type": "list", "minimum": [0, 5]}, [[0, 5, -9]], [[-1, 5], [0, 4]]),
        ({"type": ["integer", "null"], "minimum": 1}, [1, None], [0, "a"]),
        ({"anyOf": [{"type": "float"}, {"type": "string"}]}, [0.5, "a"], [True]),
        ({"type": "tensor"}, [1, "a", None], []),
        ({"type": "collection"}, [{"a": 1}], [1]),
        ({"type": "collection", "properties": {"k": {"type": "int"}}}, [{"k": 1}], [{"k": "a"}]),
    ],
)
def test_values_are_judged_as_the_dialect_means(
    node: dict[str, Any], legal: list[Any], illegal: list[Any]
) -> None:
    assert [value for value in legal if not judge(node, value)] == []
    assert [value for value in illegal if judge(node, value)] == []


@pytest.mark.parametrize("keyword", ["minItems", "pattern", "uniqueItems", "required", "$ref"])
def test_an_unusable_keyword_does_not_reach_the_validator(keyword: str) -> None:
    assert judge({"type": "string", keyword: {"no": "sense"}}, "a")


def test_plain_json_schema_passes_through() -> None:
    document = {
        "$defs": {"rate": {"type": "number", "exclusiveMinimum": 0}},
        "properties": {"mode": {"enum": ["a", "b"]}, "lr": {"$ref": "#/$defs/rate"}},
        "allOf": [{"if": {"properties": {"mode": {"const": "a"}}}, "then": {"required": ["lr"]}}],
        "additionalProperties": False,
    }
    validator = Draft202012Validator(read_schema(document, "test").json_schema())
    assert validator.is_valid({"mode": "a", "lr": 0.1})
    assert not validator.is_valid({"mode": "a"})
    assert validator.is_valid({"mode": "b"})
    assert not validator.is_valid({"mode": "b", "lr": 0})
    assert not validator.is_valid({"mode": "b", "other": 0})


@pytest.mark.parametrize("directory", [SKILLS / "kitchen_sink", packaged_skill_dir()])
def test_packaged_defaults_validate(directory: Path) -> None:
    skill = load_skill(directory)
    schema = skill.schema("train")
    translated = schema.json_schema()
    Draft202012Validator.check_schema(translated)
    errors = list(Draft202012Validator(translated).iter_errors(schema.defaults()))
    assert errors == []
