"""The value types: valid once constructed, drawn inside, inverted by encode, JSON round trip."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.errors import SpaceError
from automl.skill import Relation
from automl.space import (
    Choice,
    Fixed,
    FixedSuggest,
    Float,
    Integer,
    LeftOut,
    Milestones,
    NumberList,
    Parameter,
    RandomSuggest,
    Space,
    Subset,
)
from automl.space.inactive import InactiveDefault

NAME = "a.b"
EXAMPLES: list[Parameter] = [
    Float(name=NAME, low=0.0, high=1.0, default=0.5, source="search", reason="why"),
    Float(name=NAME, low=1e-6, high=1e-2, log=True, active_when=({"o": ("sgd", None)},)),
    Float(name=NAME, low=0.1, high=0.9, step=0.2),
    Float(name=NAME, low=-1.0, high=1.0, avoid=(0.0,)),
    Float(name=NAME, low=0.1, high=0.9, relations=(Relation("p", "<="),), depends_on=("p",)),
    Integer(name=NAME, low=1, high=10),
    Integer(name=NAME, low=1, high=1000, log=True),
    Integer(name=NAME, low=8, high=64, step=8),
    Integer(name=NAME, low=8, high=1024, step=8, log=True),
    Integer(name=NAME, low=2, high=64, relations=(Relation("p", "a multiple of"),)),
    Choice(name=NAME, choices=("x", "y")),
    Choice(name=NAME, choices=("x", "y", "z"), weights=(0.5, 0.25, 0.25)),
    Choice(name=NAME, choices=(16, 32, 64), ordered=True),
    Choice(name=NAME, choices=(2, 4, 8), ordered=True, relations=(Relation("p", "<="),)),
    Choice(name=NAME, choices=(1, True, None, "1")),
    Choice(name=NAME, choices=(None, [1, 2], {"k": [0.5]})),
    Milestones(name=NAME, length=2, budget_key="e", budget=10),
    Milestones(name=NAME, length=3, budget_key="e", budget=10, low=2, limit=6),
    Subset(name=NAME, options=("a", "b", 1, "1"), least=1, most=3),
    NumberList(
        name=NAME,
        elements=(
            Float(name="a.b[0]", low=0.0, high=1.0),
            Integer(name="a.b[1]", low=1, high=9),
        ),
        ascending=True,
    ),
    Float(name=NAME, low=0.0, high=1.0, active_when=({"o": ("a",)}, {"o": ("sgd",), "p": (4,)})),
]
BASE: dict[str, Any] = {"p": 4, "e": 10, "o": "sgd"}


@pytest.mark.parametrize("parameter", EXAMPLES, ids=repr)
def test_json_round_trip_is_exact(parameter: Parameter) -> None:
    rest = InactiveDefault("r", 1, ({"o": ("sgd",)}, {"o": ("adam",), "p": (1, None)}))
    space = Space(
        (parameter,), (Fixed("f", [1], "w"),), (LeftOut("l", "r"),), ("careful",), (rest,)
    )
    assert Space.from_json(json.loads(json.dumps(space.to_json()))) == space


@pytest.mark.parametrize("parameter", EXAMPLES, ids=repr)
def test_encode_inverts_draw(parameter: Parameter) -> None:
    space = Space((parameter,))
    suggest = RandomSuggest(1)
    for _ in range(200):
        drawn = space.draw(suggest, BASE)
        again = space.draw(FixedSuggest(space.encode(drawn, BASE)), BASE)
        assert space.canonical(again) == space.canonical(drawn)


@pytest.mark.parametrize("parameter", EXAMPLES, ids=repr)
@pytest.mark.parametrize("value", [None, "junk", math.nan, -1e9, 1e9, [], [9, 1], True, {"k": 1}])
def test_encode_answers_anything_with_something_legal(parameter: Parameter, value: Any) -> None:
    space = Space((parameter,))
    drawn = space.draw(FixedSuggest(space.encode({NAME: value}, BASE)), BASE)
    again = space.draw(FixedSuggest(space.encode(drawn, BASE)), BASE)
    assert space.canonical(again) == space.canonical(drawn)


@pytest.mark.parametrize("parameter", EXAMPLES, ids=repr)
def test_draws_are_plain_and_the_same_for_a_seed(parameter: Parameter) -> None:
    space = Space((parameter,))
    one, two = ([space.draw(RandomSuggest([7, i]), BASE) for i in range(50)] for _ in range(2))
    assert one == two
    assert any(draw != one[0] for draw in one)
    kinds = {type(draw[NAME]) for draw in one}
    assert kinds <= {int, float, str, bool, type(None), list, dict}
    if isinstance(parameter, Integer):
        assert kinds == {int}
    if isinstance(parameter, Float):
        assert kinds == {float}


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: Float(name=NAME, low=1.0, high=1.0), "finite low < high"),
        (lambda: Float(name=NAME, low=math.nan, high=1.0), "finite low < high"),
        (lambda: Float(name=NAME, low=0.0, high=math.inf), "finite low < high"),
        (lambda: Float(name=NAME, low=0.0, high=1.0, log=True), "log scale needs low > 0"),
        (lambda: Float(name=NAME, low=0.1, high=1.0, log=True, step=0.1), "either a step or"),
        (lambda: Float(name=NAME, low=0.0, high=1.0, step=2.0), "does not fit"),
        (lambda: Integer(name=NAME, low=0, high=1.5), "whole low"),  # type: ignore[arg-type]
        (lambda: Integer(name=NAME, low=0, high=5, step=2), "no whole number of steps"),
        (lambda: Integer(name=NAME, low=1, high=5, step=2, log=True), "multiple of the step"),
        (lambda: Choice(name=NAME, choices=("a",)), "at least two"),
        (lambda: Choice(name=NAME, choices=("a", "a")), "twice"),
        (lambda: Choice(name=NAME, choices=("a", "b"), weights=(1.0,)), "needs 2 weights"),
        (lambda: Choice(name=NAME, choices=("a", "b"), weights=(0.9, 0.9)), "sum to 1"),
        (lambda: Choice(name=NAME, choices=("a", "b"), weights=(1.0, 0.0)), "positive"),
        (lambda: Milestones(name=NAME, length=0, budget_key="e", budget=9), "at least one"),
        (lambda: Milestones(name=NAME, length=1, budget_key="e", budget=1), "no room"),
        (lambda: Subset(name=NAME, options=("a",), least=2, most=1), "cannot hold"),
        (lambda: NumberList(name=NAME, elements=()), "at least one element"),
    ],
)
def test_an_impossible_parameter_cannot_be_made(build: Any, said: str) -> None:
    with pytest.raises(SpaceError, match=f"{NAME}: .*{said}"):
        build()


@pytest.mark.parametrize(
    "data", [{}, {"parameters": [{}]}, {"parameters": 5}, {"parameters": [{"kind": "float"}]}]
)
def test_other_json_is_refused(data: dict[str, Any]) -> None:
    with pytest.raises(SpaceError, match="no search space"):
        Space.from_json(data)


@given(
    low=st.floats(-1e6, 1e6),
    width=st.floats(1e-3, 1e6),
    steps=st.one_of(st.none(), st.integers(1, 50)),
    seed=st.integers(0, 9),
)
def test_floats_stay_inside_exactly(low: float, width: float, steps: int | None, seed: int) -> None:
    step = width / steps if steps else None
    parameter = Float(name=NAME, low=low, high=low + width, step=step)
    for _ in range(20):
        value = parameter.draw(RandomSuggest(seed), lambda _: None)
        assert parameter.low <= value <= parameter.high


@given(low=st.floats(1e-300, 1e300), factor=st.floats(1.001, 1e6), seed=st.integers(0, 9))
def test_log_floats_stay_inside_exactly(low: float, factor: float, seed: int) -> None:
    parameter = Float(name=NAME, low=low, high=low * factor, log=True)
    suggest = RandomSuggest(seed)
    values = [parameter.draw(suggest, lambda _: None) for _ in range(20)]
    assert all(parameter.low <= value <= parameter.high for value in values)


def test_steps_leave_no_float_dust() -> None:
    parameter = Float(name=NAME, low=0.1, high=0.9, step=0.2)
    suggest = RandomSuggest(0)
    assert {parameter.draw(suggest, lambda _: None) for _ in range(200)} == {
        0.1,
        0.3,
        0.5,
        0.7,
        0.9,
    }


@pytest.mark.parametrize("parameter", EXAMPLES[5:9], ids=repr)
def test_integers_reach_both_ends_and_every_step(parameter: Integer) -> None:
    suggest = RandomSuggest(0)
    drawn = {parameter.draw(suggest, lambda _: None) for _ in range(20000)}
    every = set(range(parameter.low, parameter.high + 1, parameter.step or 1))
    assert {parameter.low, parameter.high} <= drawn <= every
    assert parameter.log or drawn == every


def test_log_integers_give_each_octave_about_the_same_share() -> None:
    parameter = Integer(name=NAME, low=1, high=1023, log=True)
    suggest = RandomSuggest(0)
    drawn = [parameter.draw(suggest, lambda _: None) for _ in range(20000)]
    shares = [sum(2**k <= v < 2 ** (k + 1) for v in drawn) / len(drawn) for k in range(10)]
    assert all(0.06 < share < 0.2 for share in shares)


def test_weights_are_the_prior() -> None:
    parameter = Choice(name=NAME, choices=("x", "y"), weights=(0.9, 0.1))
    suggest = RandomSuggest(0)
    drawn = [parameter.draw(suggest, lambda _: None) for _ in range(5000)]
    assert 0.87 < drawn.count("x") / len(drawn) < 0.93


def test_lookalike_choices_are_told_apart() -> None:
    parameter = Choice(name=NAME, choices=(1, True, None, "1"))
    suggest = RandomSuggest(0)
    drawn = {repr(parameter.draw(suggest, lambda _: None)) for _ in range(200)}
    assert drawn == {"1", "True", "None", "'1'"}


def test_list_choices_are_copies() -> None:
    parameter = Choice(name=NAME, choices=([1], [2]))
    drawn = parameter.draw(RandomSuggest(0), lambda _: None)
    drawn.append(9)
    assert parameter.choices == ([1], [2])


def test_subsets_are_of_legal_size_and_all_sizes_occur() -> None:
    parameter = Subset(name=NAME, options=("a", "b", "c", "d"), least=1, most=3)
    suggest = RandomSuggest(0)
    drawn = [parameter.draw(suggest, lambda _: None) for _ in range(500)]
    assert {len(one) for one in drawn} == {1, 2, 3}
    assert {member for one in drawn for member in one} == set("abcd")
    assert all(one == sorted(one) for one in drawn)


def test_canonical_knows_the_same_configuration() -> None:
    space = Space(())
    same = space.canonical({"a": 0.30000000000000004, "b": [1, 2]})
    assert same == space.canonical({"b": [1, 2], "a": 0.3})
    assert same != space.canonical({"a": 0.3001, "b": [1, 2]})
    assert space.canonical({"a": True}) != space.canonical({"a": 1})
    assert len({same, space.canonical({"a": {"k": 1}, "b": None})}) == 2
