"""A spec cut down to what another trainer accepts, as marks in the schema say."""

from typing import Any

import pytest

from automl.spec.portable import OmittedKey, has_marks, portable_spec

SCHEMA: dict[str, Any] = {
    "properties": {
        "model": {
            "properties": {
                "width": {"type": "int", "x_tao": {"const": 64}},
                "depth": {"type": "int", "x_tao": {"minimum": 2, "maximum": 8}},
                "name": {"type": "string"},
            }
        },
        "train": {
            "properties": {
                "ema": {"type": "float", "x_tao": False},
                "steps": {"type": "list", "x_tao": {"minItems": 2, "maxItems": 2}},
                "mode": {"x_tao": {"enum": ["a", "c"]}},
            }
        },
        "extra": {"type": "object", "properties": {"a": {"type": "int"}}, "x_tao": False},
        "free": {"type": "dict"},
        "closed": {"properties": {"a": {}}, "additionalProperties": False},
    }
}


def cut(values: dict[str, Any]) -> tuple[dict[str, Any], tuple[OmittedKey, ...]]:
    return portable_spec(values, SCHEMA, "tao")


def test_what_is_accepted_is_kept_in_its_order() -> None:
    values = {
        "train": {"steps": [1, 2], "mode": "a"},
        "model": {"depth": 8, "width": 64, "name": "x"},
        "free": {"any": [1]},
        "unknown": 3,
    }
    kept, left_out = cut(values)
    assert kept == values
    assert list(kept) == list(values)
    assert left_out == ()


def test_keys_and_sections_that_it_lacks_are_left_out() -> None:
    kept, left_out = cut({"train": {"ema": 0.9}, "extra": {"a": 1}})
    assert kept == {"train": {}}
    assert left_out == (OmittedKey("train.ema", 0.9), OmittedKey("extra", {"a": 1}))


def test_a_key_that_the_schema_forbids_is_one_that_it_lacks() -> None:
    """A run of another version of the trainer may have one."""
    kept, left_out = cut({"closed": {"a": 1, "b": 2}})
    assert kept == {"closed": {"a": 1}}
    assert left_out == (OmittedKey("closed.b", 2),)


@pytest.mark.parametrize(
    ("values", "key", "takes"),
    [
        ({"model": {"width": 32}}, "model.width", "only 64"),
        ({"model": {"depth": 1}}, "model.depth", "at least 2"),
        ({"model": {"depth": 9}}, "model.depth", "at most 8"),
        ({"train": {"steps": [1]}}, "train.steps", "at least 2 items"),
        ({"train": {"steps": [1, 2, 3]}}, "train.steps", "at most 2 items"),
        ({"train": {"mode": "b"}}, "train.mode", "one of a, c"),
    ],
)
def test_a_value_that_it_refuses_is_left_out_with_what_it_takes(
    values: dict[str, Any], key: str, takes: str
) -> None:
    kept, left_out = cut(values)
    section, _, name = key.partition(".")
    assert kept == {section: {}}
    assert left_out == (OmittedKey(key, values[section][name], takes),)


def test_marks_of_another_trainer_do_not_count() -> None:
    assert has_marks(SCHEMA, "tao")
    assert not has_marks(SCHEMA, "other")
    assert not has_marks({"properties": {"a": True}}, "tao")
    assert portable_spec({"train": {"ema": 1}}, SCHEMA, "other") == ({"train": {"ema": 1}}, ())
