"""Limits that are counted in the data (``at_most``): what they leave of a search space."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from automl.errors import SpaceError
from automl.launch.planning.count_data import data_counter
from automl.skill import read_schema
from automl.space import RandomSuggest, Space, build_space

SKILL: Any = SimpleNamespace(directory=Path())
PER_IDENTITY = {"count": "lines", "what": "identities", "times": "instances", "per": "gpus"}


def number(default: int, high: int, **more: Any) -> dict[str, Any]:
    node = {"type": "int", "default": default, "minimum": 1, "maximum": high}
    return {**node, "automl_enabled": True, **more}


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A text file with twelve lines."""
    path = tmp_path / "people.txt"
    path.write_text("".join(f"{i}\n\n" for i in range(12)))
    return path


def space_of(data: Path, at_most: dict[str, Any], batch: int = 8, **options: Any) -> Space:
    limited = number(batch, 128, x_automl={"at_most": {"of": "data", **at_most}})
    condition = {"math_cond": "/ depends_on", "depends_on": "instances"}
    schema = read_schema(
        {
            "properties": {
                "data": {"type": "string", "default": str(data)},
                "gpus": {"type": "int", "default": 1, "minimum": 1},
                "kind": {"type": "string", "default": "pk", "enum": ["pk", "plain"]},
                "instances": number(4, 8),
                "batch": {**limited, **(condition if "times" in at_most else {})},
            }
        },
        "test",
    )
    values = {**schema.defaults(), **options.pop("values", {}), "batch": batch}
    return build_space(schema, values, counter=data_counter(SKILL, values), **options)


def drawn(space: Space, name: str, **base: Any) -> set[int]:
    suggest = RandomSuggest(0)
    return {space.draw(suggest, base)[name] for _ in range(200)}


def test_what_the_user_set_narrows_what_is_searched_beside_it(people: Path) -> None:
    space = space_of(people, PER_IDENTITY, 32, user_keys=["batch"])
    assert drawn(space, "instances", batch=32) == {4, 8}  # two of each: 16 of 12 identities
    assert "batch at most instances x 12 identities" in space.parameters[0].reason
    of_two_gpus = space_of(people, PER_IDENTITY, 24, user_keys=["batch"], values={"gpus": 2})
    assert drawn(of_two_gpus, "instances", batch=24) == {4, 6, 8}
    unset = space_of(people, PER_IDENTITY, 32, search=["instances"])  # the trainer may lower it
    assert drawn(unset, "instances", batch=32) == {1, 2, 4, 8}


def test_two_searched_parameters_keep_the_limit_in_every_draw(people: Path) -> None:
    space, suggest = space_of(people, PER_IDENTITY), RandomSuggest(0)
    draws = [space.draw(suggest, {}) for _ in range(300)]
    assert all(each["batch"] <= each["instances"] * 12 for each in draws)
    assert any(each["batch"] == each["instances"] * 12 for each in draws)


def test_a_limit_holds_under_its_conditions_alone(people: Path) -> None:
    said = {**PER_IDENTITY, "when": {"kind": ["pk"]}}
    plain = space_of(people, said, 32, user_keys=["batch"], values={"kind": "plain"})
    assert drawn(plain, "instances", batch=32) == {1, 2, 4, 8}


def test_a_batch_is_no_larger_than_the_training_set(tmp_path: Path) -> None:
    for index in range(20):
        (tmp_path / f"{index}.jpg").touch()
    (tmp_path / "labels.csv").touch()
    said = {"count": "files", "match": "*.jpg"}
    space = space_of(tmp_path, said, search=["batch"])
    assert max(drawn(space, "batch")) == 20
    assert space.parameters[0].reason.endswith("at most 20 files")
    with pytest.raises(SpaceError, match=r"choice 32 is out of its legal range; at most 20 files"):
        space_of(tmp_path, said, choices={"batch": [16, 32]})
    fixed = space_of(tmp_path, said, 64, user_keys=["batch"])
    assert "batch 64 is set by you: 20 files are there" in fixed.warnings


def test_items_of_a_list_in_a_json_file_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "coco.json"
    path.write_text(json.dumps({"images": [{}] * 9}))
    space = space_of(path, {"count": "items", "match": "images"}, search=["batch"])
    assert max(drawn(space, "batch")) == 9


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"count": "files", "of": "nowhere"}, "the spec has no nowhere"),
        ({"count": "json:dumped"}, "SkillError"),
        ({"count": "os.path:split"}, "TypeError"),
        ({"count": "items"}, "JSONDecodeError"),
    ],
)
def test_what_cannot_be_counted_limits_nothing_and_is_told(
    people: Path, said: dict[str, Any], why: str
) -> None:
    space = space_of(people, said, search=["batch"])
    assert max(drawn(space, "batch")) > 100
    assert any(one.startswith("batch: its limit (at_most) is not used: ") and why in one
               for one in space.warnings)  # fmt: skip


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"count": "pixels"}, "count must be files, lines, rows, items or module:function"),
        ({"count": "files", "of": None}, "of must be text"),
        ({"count": "files", "tiems": "x"}, "tiems not understood; known: count, match"),
        ({"count": "lines", "of": "x", "when": {}}, "must map dotted keys"),
        ([], "must be a mapping with count"),
    ],
)
def test_a_limit_that_is_not_understood_is_a_fault_of_the_schema(said: Any, why: str) -> None:
    node = number(8, 16, x_automl={"at_most": said})
    schema = read_schema({"properties": {"batch": node}}, "test")
    assert any("x_automl.at_most" in str(one) and why in str(one) for one in schema.issues)
