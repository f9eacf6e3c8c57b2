"""A bank of 33 made-up skills, as large and varied as a real one: every claim on every skill."""

import json
from pathlib import Path
from typing import Any

import pytest
import raw_checker
from skill_bank import write_bank

from automl.skill import Schema, load_skill
from automl.space import (
    FixedSuggest,
    Float,
    Integer,
    RandomSuggest,
    Space,
    build_space,
    default_names,
)
from automl.spec import build_spec, validate_spec

DRAWS = 20
VALIDATED = 1


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Schema, dict[str, Any], Space]]:
    directories = write_bank(tmp_path_factory.mktemp("bank"), skills=33, leaves=170)
    return [read(directory) for directory in directories]


def read(directory: Path) -> tuple[Schema, dict[str, Any], Space]:
    skill = load_skill(directory)
    schema, spec = skill.schema("train"), build_spec(skill, "train")
    return schema, spec.values, build_space(schema, spec.values)


def test_the_bank_is_as_large_as_a_real_one(bank: Any) -> None:
    numeric = sum(
        leaf.kind.value in ("int", "float") for s, _, _ in bank for leaf in s.leaves.values()
    )
    assert len(bank) == 33
    assert numeric >= 4000
    assert all(schema.issues == () for schema, _, _ in bank)


def test_the_default_set_is_rule_1_exactly(bank: Any) -> None:
    for schema, _, space in bank:
        expected = raw_checker.default_set(schema.source)
        assert set(default_names(schema)) == expected
        left_out = {out.name for out in space.left_out}
        assert set(space.names) == expected - left_out
        assert len(space.names) > 10


def test_every_draw_is_legal(bank: Any) -> None:
    for schema, base, space in bank:
        nodes = raw_checker.nodes_of(schema.source)
        suggest = RandomSuggest(1)
        for _ in range(DRAWS):
            params = space.draw(suggest, base)
            spec = space.apply(params, base)
            for name, value in params.items():
                assert raw_checker.faults(name, nodes[name], value, spec) == [], name
                assert raw_checker.is_active(nodes[name], spec)


def test_relations_of_leaves_that_are_not_searched_hold_too(bank: Any) -> None:
    for schema, base, space in bank:
        nodes = {n: node for n, node in raw_checker.nodes_of(schema.source).items()}
        related = [
            n for n, node in nodes.items() if node.get("depends_on") and n not in space.names
        ]
        suggest = RandomSuggest(2)
        for _ in range(5):
            spec = space.apply(space.draw(suggest, base), base)
            for name in related:
                value = raw_checker.get(spec, name)
                assert raw_checker.condition_faults(name, nodes[name], value, spec) == []


def test_drawn_specs_validate_against_their_schema(bank: Any) -> None:
    for schema, base, space in bank:
        suggest = RandomSuggest(3)
        for _ in range(VALIDATED):
            spec = space.apply(space.draw(suggest, base), base)
            validate_spec(schema, spec, allow_missing=schema.leaves)


def test_json_and_encode_round_trips(bank: Any) -> None:
    for _, base, space in bank:
        assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space
        drawn = space.draw(RandomSuggest(4), base)
        again = space.draw(FixedSuggest(space.encode(drawn, base)), base)
        assert space.canonical(again) == space.canonical(drawn)


def test_every_parameter_says_why_and_is_drawn_after_its_parents(bank: Any) -> None:
    for _, _, space in bank:
        seen: set[str] = set()
        for parameter in space.parameters:
            assert parameter.reason
            needed = {*(parameter.active_when or {}), *(r.parent for r in parameter.relations)}
            assert needed <= seen
            seen.add(parameter.name)


def test_free_numbers_reach_both_ends_of_their_range(bank: Any) -> None:
    checked = 0
    for _, _, space in bank[:6]:
        suggest = RandomSuggest(5)
        for parameter in space.parameters:
            if not isinstance(parameter, Float | Integer) or parameter.relations:
                continue
            answers = [parameter.draw(suggest, lambda _: None) for _ in range(400)]
            grid = parameter.grid(lambda _: None)
            reached = [grid.fraction(min(answers)), grid.fraction(max(answers))]
            assert reached[0] < 0.03 or min(answers) == parameter.low
            assert reached[1] > 0.97 or max(answers) == parameter.high
            checked += 1
    assert checked > 100
