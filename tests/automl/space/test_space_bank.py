"""A bank of 33 made-up skills, as large and varied as a real one: every claim on every skill."""

import json
import statistics
from pathlib import Path
from typing import Any

import pytest
from common import raw_checker
from common.skill_bank import write_bank

from automl.skill import Schema, load_skill
from automl.skill.schema.activation import names_of
from automl.space import (
    Choice,
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
MANY = 304
VALIDATED = 1


@pytest.fixture(scope="module")
def directories(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_bank(tmp_path_factory.mktemp("bank"), skills=33, leaves=215)


@pytest.fixture(scope="module")
def bank(directories: list[Path]) -> list[tuple[Schema, dict[str, Any], Space]]:
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
    assert numeric >= 5000
    assert all(schema.issues == () for schema, _, _ in bank)


@pytest.mark.slow
def test_every_action_of_the_bank_loads_and_takes_its_own_defaults(directories: list[Path]) -> None:
    loaded = 0
    for skill in map(load_skill, directories):
        for action in skill.actions:
            schema = skill.schema(action)
            validate_spec(schema, schema.defaults(), allow_missing=schema.leaves)
            assert schema.issues == ()
            loaded += 1
    assert loaded == 169


def test_the_default_set_is_rule_1_exactly(bank: Any) -> None:
    for schema, _, space in bank:
        assert set(default_names(schema)) == raw_checker.default_set(schema.source)
        assert len(space.names) > 10


@pytest.mark.slow
def test_what_is_searched_is_the_default_set_less_what_cannot_matter_or_vary(bank: Any) -> None:
    """Few drop out: a pair that its relations leave fewer than two values, and children that a
    bare ``depends_on`` keeps at or below a small parent."""
    dropped = []
    for schema, _, space in bank:
        expected = raw_checker.searched_set(schema.source)
        assert set(space.names) <= expected
        reasons = {out.name: out.reason for out in space.left_out}
        dropped += [reasons[name] for name in expected - set(space.names)]
    assert len(dropped) <= 4
    assert sum("fewer than two of its values are left: kept to" in why for why in dropped) == 1


def test_every_draw_is_legal(bank: Any) -> None:
    assert sum(legal_draws(*one, DRAWS) for one in bank) == 33 * DRAWS


@pytest.mark.slow
def test_ten_thousand_draws_are_legal_and_a_share_validates(bank: Any) -> None:
    """`experiments/benchmarks/space_draws.py` makes as many of each schema, all validated."""
    assert sum(legal_draws(*one, MANY, validate_every=60) for one in bank) == 33 * MANY


def legal_draws(
    schema: Schema, base: dict[str, Any], space: Space, count: int, validate_every: int = 0
) -> int:
    """How many draws were found legal by the checker that reads the raw document: all."""
    nodes = raw_checker.nodes_of(schema.source)
    suggest = RandomSuggest(1)
    for index in range(count):
        params = space.draw(suggest, base)
        spec = space.apply(params, base)
        for name, value in params.items():
            assert raw_checker.faults(name, nodes[name], value, spec) == [], name
            assert raw_checker.is_active(nodes[name], spec)
        if validate_every and index % validate_every == 0:
            validate_spec(schema, spec, allow_missing=schema.leaves)
    return count


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
            conditions = names_of(parameter.active_when or ())
            assert {*conditions, *(r.parent for r in parameter.relations)} <= seen
            seen.add(parameter.name)


def test_rates_of_every_schema_are_drawn_around_their_default(bank: Any) -> None:
    """Issue B: the median within a factor of 3 of the default, no draw above 100 times it."""
    checked = 0
    for _, base, space in bank:
        rates = [p for p in space.parameters if p.name.endswith(("lr", "_decay")) and p.default]
        suggest = RandomSuggest(7)
        drawn = [space.draw(suggest, base) for _ in range(101)]
        for rate in rates:
            values = [params[rate.name] for params in drawn if rate.name in params]
            assert rate.default / 3 <= statistics.median(values) <= rate.default * 3, rate
            assert max(values) <= 100 * rate.default, rate
            checked += 1
    assert checked > 100


def test_every_range_is_reached_to_both_ends(bank: Any) -> None:
    checked = 0
    for _, _, space in bank:
        suggest = RandomSuggest(5)
        for parameter in space.parameters:
            if isinstance(parameter, Float | Integer) and not parameter.relations:
                assert ends(parameter, suggest) == (True, True), parameter
            elif isinstance(parameter, Choice) and not parameter.relations:
                drawn = {repr(parameter.draw(suggest, nothing)) for _ in range(200)}
                assert drawn == set(map(repr, parameter.choices)), parameter
            else:
                continue
            checked += 1
    assert checked > 2500


def ends(parameter: Float | Integer, suggest: RandomSuggest) -> tuple[bool, bool]:
    """Whether 500 draws come within three hundredths of the low end and of the high end."""
    answers = [parameter.draw(suggest, nothing) for _ in range(500)]
    grid = parameter.grid(nothing)
    low, high = min(answers), max(answers)
    return (
        low == parameter.low or grid.fraction(low) < 0.03,
        high == parameter.high or grid.fraction(high) > 0.97,
    )


def test_related_numbers_reach_the_ends_that_their_parents_leave(bank: Any) -> None:
    checked = 0
    for schema, base, space in bank:
        nodes = raw_checker.nodes_of(schema.source)
        spec = space.apply(space.draw(RandomSuggest(6), base), base)
        for parameter in space.parameters:
            related = parameter.relations and raw_checker.has_condition(nodes[parameter.name])
            if isinstance(parameter, Integer) and related and parameter.high <= 5000:
                first, last = end_values(parameter, spec)
                beyond = [*range(parameter.low, first), *range(last + 1, parameter.high + 1)]
                illegal = (faults_with(v, parameter.name, nodes, spec) for v in beyond)
                assert all(illegal), parameter
                checked += 1
    assert checked > 50


def end_values(parameter: Integer, spec: dict[str, Any]) -> tuple[int, int]:
    """The values for the least and the largest answer."""
    low, high = (FixedSuggest({parameter.name: answer}) for answer in (0.0, 1.0))

    def lookup(name: str) -> Any:
        return raw_checker.get(spec, name)

    return parameter.draw(low, lookup), parameter.draw(high, lookup)


def faults_with(value: int, name: str, nodes: Any, spec: dict[str, Any]) -> list[str]:
    return raw_checker.faults(name, nodes[name], value, spec)


def nothing(_: str) -> None:
    """A lookup for parameters that look nothing up."""
