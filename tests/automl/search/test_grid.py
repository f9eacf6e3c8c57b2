"""Every configuration of a finite space, each once; infinite spaces are refused by name."""

import itertools

import pytest

from automl.errors import InputError
from automl.search.grid import grid, grid_size, shuffled_grid
from automl.skill import Relation
from automl.space import (
    Choice,
    Float,
    Integer,
    Milestones,
    NumberList,
    RandomSuggest,
    Space,
    Subset,
)

BASE = {"n": 1, "size": 8, "epochs": 4, "kind": "a"}
KIND = Choice(name="kind", choices=("a", "b"), default="a")
SPACES = {
    "product": Space(parameters=(KIND, Integer(name="n", low=1, high=9, step=4, default=1))),
    "conditional": Space(
        parameters=(
            KIND,
            Integer(name="n", low=1, high=3, default=1, active_when=({"kind": ("b",)},)),
        )
    ),
    "relation": Space(
        parameters=(
            Choice(name="size", choices=(4, 8, 16), ordered=True, default=8),
            Integer(name="n", low=1, high=9, default=1, relations=(Relation("size", "<=", 2),)),
        )
    ),
    "steps": Space(parameters=(Float(name="x", low=0.0, high=0.5, step=0.1, default=0.1),)),
    "milestones": Space(
        parameters=(Milestones(name="m", length=2, budget_key="epochs", budget=4),)
    ),
    "subset": Space(parameters=(Subset(name="s", options=("a", "b", "c"), least=1, most=2),)),
    "list": Space(
        parameters=(
            NumberList(
                name="l",
                elements=tuple(Integer(name=f"l[{i}]", low=0, high=2) for i in range(2)),
                ascending=True,
            ),
        )
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_the_grid_is_what_many_random_draws_find(name: str) -> None:
    space = SPACES[name]
    found = [space.canonical(values) for values in grid(space, BASE)]
    drawn = {space.canonical(space.draw(RandomSuggest(i), BASE)) for i in range(600)}
    assert len(found) == len(set(found))
    assert set(found) == drawn


def test_the_seed_decides_the_order() -> None:
    orders = [shuffled_grid(SPACES["relation"], BASE, seed) for seed in (1, 1, 2)]
    assert orders[0] == orders[1] != orders[2]
    assert all(
        sorted(map(str, one)) == sorted(map(str, other))
        for one, other in itertools.pairwise(orders)
    )


def test_what_is_infinite_or_too_large_is_refused() -> None:
    lr = Space(parameters=(KIND, Float(name="train.lr", low=0.0, high=1.0, default=0.5)))
    with pytest.raises(InputError, match="train.lr: 0 .. 1 holds too many.*--choices lr=A,B,C"):
        grid(lr, BASE)
    assert grid_size(lr, BASE) is None
    many = Space(
        parameters=tuple(Integer(name=f"n{i}", low=1, high=30, default=1) for i in range(4))
    )
    with pytest.raises(InputError, match="more than 10000 configurations"):
        grid(many, BASE)
