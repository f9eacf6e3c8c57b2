"""A space in Ray's terms: whatever Ray draws, or PBT makes of it, decodes to a legal spec."""

import itertools
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from automl.skill import Schema, load_skill
from automl.space import (
    Choice,
    FixedSuggest,
    Integer,
    Milestones,
    RandomSuggest,
    Space,
    Subset,
    build_space,
)
from automl.spec import build_spec, validate_spec
from automl.sweep.native_space import decode, to_ray_space

SINK = Path(__file__).parents[2] / "fixtures" / "skills" / "kitchen_sink"
sys.path.insert(0, str(Path(__file__).parents[1] / "space"))
DRAWS = 300


@pytest.fixture(scope="module")
def sink() -> tuple[Schema, dict[str, Any], Space]:
    skill = load_skill(SINK)
    schema, base = skill.schema("train"), build_spec(skill, "train").values
    return schema, base, build_space(schema, base)


def drawn(domains: dict[str, Any], seed: int) -> dict[str, Any]:
    """One answer for each domain, from Ray's own samplers."""
    state = np.random.RandomState(seed)
    return {name: domain.sample(random_state=state) for name, domain in domains.items()}


def test_rays_draws_decode_to_valid_specs(sink: Any) -> None:
    import raw_checker

    schema, base, space = sink
    nodes = raw_checker.nodes_of(schema.source)
    domains = to_ray_space(space, base)
    seen: dict[str, set[str]] = {name: set() for name in space.names}
    for seed in range(DRAWS):
        answers = drawn(domains, seed)
        params = space.draw(FixedSuggest(answers), base)
        assert decode(space, answers, base) == params
        spec = space.apply(params, base)
        validate_spec(schema, spec, allow_missing=schema.leaves)
        for name, value in params.items():
            assert raw_checker.faults(name, nodes[name], value, spec) == [], name
            assert raw_checker.is_active(nodes[name], spec)
            seen[name].add(repr(value))
    assert all(len(values) > 1 for values in seen.values())


def test_every_question_of_any_draw_has_a_domain_and_no_other(sink: Any) -> None:
    _, base, space = sink
    suggest = RandomSuggest(1)
    asked = {n for _ in range(500) for n in space.encode(space.draw(suggest, base), base)}
    assert asked == set(to_ray_space(space, base))


def test_what_pbt_pushes_out_of_range_is_moved_back(sink: Any) -> None:
    schema, base, space = sink
    domains = to_ray_space(space, base)
    factors = random.Random(2)
    for seed in range(50):
        answers = {
            name: type(value)(value * factors.choice([-3, 0.8, 1.2, 50]))
            if type(value) in (int, float)
            else value
            for name, value in drawn(domains, seed).items()
        }
        spec = space.apply(decode(space, answers, base), base)
        validate_spec(schema, spec, allow_missing=schema.leaves)


@pytest.mark.parametrize(("size", "least", "most"), [(4, 0, 4), (5, 2, 2), (6, 1, 3), (3, 3, 3)])
def test_every_selection_of_a_subset_can_be_answered(size: int, least: int, most: int) -> None:
    space = Space((Subset(name="s", options=tuple("abcdef"[:size]), least=least, most=most),))
    names = set(to_ray_space(space, {}))
    asked: set[str] = set()
    for count in range(least, most + 1):
        for members in itertools.combinations("abcdef"[:size], count):
            asked |= set(space.encode({"s": list(members)}, {}))
    assert names == asked


def test_steps_budgets_and_weights() -> None:
    parameters = (
        Integer(name="even", low=4, high=12, step=4),
        Integer(name="odd", low=1, high=13, step=4),
        Integer(name="log", low=8, high=64, step=8, log=True),
        Choice(name="w", choices=("a", "b"), weights=(0.9, 0.1)),
        Integer(name="epochs", low=2, high=4),
        Milestones(name="searched", length=3, budget_key="epochs", budget=3),
        Milestones(name="fixed", length=3, budget_key="train.epochs", budget=9),
    )
    space, base = Space(parameters), {"train": {"epochs": 3}}
    domains = to_ray_space(space, base)
    draws = [space.draw(FixedSuggest(drawn(domains, seed)), base) for seed in range(200)]
    assert {draw["even"] for draw in draws} == {4, 8, 12}
    assert {draw["odd"] for draw in draws} == {1, 5, 9, 13}
    assert {draw["log"] for draw in draws} == set(range(8, 65, 8))
    assert sorted(name for name in domains if "[" in name) == [
        "fixed[0]", "fixed[1]", "searched[0]", "searched[1]", "searched[2]"
    ]  # fmt: skip
    assert {len(draw["searched"]) for draw in draws} == {1, 2, 3}
