"""Where a number is looked for: user, search, legal range, around the default; and why."""

import math
import statistics
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from automl.errors import SpaceError
from automl.skill import Schema, read_schema
from automl.space import Float, Parameter, RandomSuggest, build_space

INF = math.inf


def schema_of(name: str, node: dict[str, Any]) -> Schema:
    return read_schema({"properties": {name: {"automl_enabled": True, **node}}}, "test")


def made(name: str, **node: Any) -> Parameter:
    schema = schema_of(name, node)
    space = build_space(schema, schema.defaults())
    assert space.left_out == ()
    return space.parameters[0]


def left_out(name: str, **node: Any) -> str:
    schema = schema_of(name, node)
    space = build_space(schema, schema.defaults())
    assert space.parameters == ()
    return space.left_out[0].reason


def shape(parameter: Parameter) -> tuple[Any, ...]:
    json = parameter.to_json()
    return json["low"], json["high"], json["log"], json["step"]


FLOATS = [
    # name, node, (low, high, log), words of the reason
    ("x", {"default": 0.3, "minimum": 0, "maximum": 2}, (0, 2, False), "the legal range"),
    ("x", {"default": 5, "minimum": 1, "maximum": 999}, (1, 999, False), "the legal range"),
    ("x", {"default": 5, "minimum": 1, "maximum": 1000}, (1, 50, True), "three decades"),
    ("x", {"default": 5, "minimum": 2, "maximum": 1e5}, (2, 50, True), "three decades"),
    ("x", {"default": 5, "minimum": 0, "maximum": INF}, (0.5, 50, True), "no finite legal range"),
    ("x", {"default": 5}, (0.5, 50, True), "no finite legal range"),
    ("x", {"default": 5, "minimum": "", "maximum": 20}, (0.5, 20, True), "no finite legal range"),
    ("x", {"default": -3}, (-6, 0, False), "around the default -3, linear"),
    ("x", {"default": 0}, (0, 1, False), "a default of 0"),
    ("x", {"default": 0, "minimum": -9}, (-1, 1, False), "a default of 0"),
    ("x", {"default": 0, "minimum": 0, "maximum": 50}, (0, 50, False), "the legal range"),
    ("x", {"default": 9, "minimum": 0, "maximum": 2}, (0, 2, False), "the legal range"),
    ("x", {"default": 1, "minimum": -5, "maximum": 5}, (-5, 5, False), "the legal range"),
    ("x", {"default": 0.01, "minimum": -50, "maximum": 50}, (0.001, 0.1, True), "three decades"),
    ("x", {"minimum": 0, "maximum": 2}, (0, 2, False), "the legal range"),
    ("lr", {"default": 2e-4}, (2e-5, 2e-3, True), "a rate"),
    ("base_lr", {"default": 2e-4, "minimum": 0, "maximum": 1}, (2e-5, 2e-3, True), "a rate"),
    ("learning_rate", {"default": 0.1, "maximum": 0.1}, (0.02, 0.1, True), "a rate"),
    ("lr", {"default": 0.1, "minimum": 0.1}, (0.1, 0.5, True), "a rate"),
    ("weight_decay", {"default": 0.01}, (0.001, 0.1, True), "a rate"),
    ("weight_decay", {"default": 0.0, "minimum": 0}, (1e-6, 1e-2, True), "no magnitude"),
    ("weight_decay", {"default": 0, "maximum": 1e-3}, (1e-6, 1e-3, True), "no magnitude"),
    ("lr", {"minimum": 0}, (1e-6, 1e-2, True), "no default gives no magnitude"),
    ("eps", {"default": 1e-8}, (1e-9, 1e-7, True), "a rate"),
    ("momentum", {"default": 0.9}, (0.45, 0.99, False), "from half of it to a tenth of its dist"),
    ("momentum", {"default": 0.5}, (0.25, 0.95, False), "from half of it to a tenth of its dist"),
    (
        "momentum",
        {"default": 0.9, "minimum": 0.8, "maximum": 1},
        (0.8, 0.99, False),
        "from half of it to a tenth of its distance to 1, cut to what is legal (at least 0.8,",
    ),
    ("ema_decay", {"default": 0.999}, (0.99, 0.9999, False), "from ten times its distance to 1"),
    ("layer_decay", {"default": 0.75}, (0.375, 0.975, False), "from half of it"),
    ("dropout", {"default": 0.1}, (0, 0.5, False), "a share, by its name"),
    ("flip_prob", {"default": 0.5}, (0, 1, False), "a share, by its name"),
]


@pytest.mark.parametrize(("name", "node", "expected", "words"), FLOATS)
def test_float_ranges(
    name: str, node: dict[str, Any], expected: tuple[Any, ...], words: str
) -> None:
    parameter = made(name, type="float", **node)
    low, high, log, step = shape(parameter)
    assert (low, high) == pytest.approx(expected[:2])
    assert (log, step) == (expected[2], None)
    assert words in parameter.reason
    assert parameter.source == "default"


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ({"default": 6, "minimum": 1, "maximum": 100}, (1, 100, False, None)),
        ({"default": 6, "minimum": 1, "maximum": INF}, (2, 24, True, None)),
        ({"default": 1, "minimum": 1}, (1, 4, True, None)),
        ({"default": 0, "minimum": 0}, (0, 10, False, None)),
        ({"default": 0, "minimum": 0, "maximum": 10**6}, (1, 10**6, True, None)),
        ({"default": 16, "minimum": 1, "math_cond": "/ 8"}, (8, 64, True, 8)),
        ({"default": 16, "minimum": 1, "maximum": 100, "multipleOf": 6}, (6, 96, False, 6)),
        ({"default": 4, "minimum": 0.5, "maximum": 9.5}, (1, 9, False, None)),
        ({"default": 4, "exclusiveMinimum": 0, "exclusiveMaximum": 9}, (1, 8, False, None)),
        ({"default": 2, "minimum": -1, "maximum": 5, "math_cond": "!= 0"}, (1, 5, False, None)),
        ({"default": -1, "minimum": -1, "maximum": 5, "math_cond": "!= -1"}, (0, 5, False, None)),
        ({"default": 9, "minimum": 0, "maximum": 9, "multipleOf": 1.5}, (0, 9, False, 3)),
    ],
)
def test_integer_ranges(node: dict[str, Any], expected: tuple[Any, ...]) -> None:
    assert shape(made("depth", type="int", **node)) == expected


@pytest.mark.parametrize(
    ("node", "choices"),
    [
        ({"type": "int", "default": 256, "minimum": 1}, [64, 128, 256, 512, 1024]),
        ({"type": "int", "default": 8, "minimum": 3, "maximum": 40}, [4, 8, 16, 32]),
        (
            {"type": "int", "default": 8, "minimum": 1, "maximum": 64, "multipleOf": 8},
            [8, 16, 32, 64],
        ),
        ({"type": "float", "default": 1, "minimum": 0.2, "maximum": 4}, [0.25, 0.5, 1, 2, 4]),
    ],
)
def test_powers_of_two_are_ordered_choices(node: dict[str, Any], choices: list[float]) -> None:
    found = made("width", math_cond="^ 2", **node).to_json()
    assert found["choices"] == choices
    assert found["ordered"]


def test_open_ends_are_not_drawn() -> None:
    node = {"exclusiveMinimum": 0, "exclusiveMaximum": 1}
    low, high, _, _ = shape(made("x", type="float", default=0.5, **node))
    assert 0 < low < 0.01
    assert 0.99 < high < 1


def test_excluded_values_are_stepped_around() -> None:
    found = made("x", type="float", default=1.0, minimum=-1, maximum=1, math_cond="!= 0")
    assert isinstance(found, Float)
    assert found.avoid == (0.0,)
    assert found.encode(0.0, lambda _: None) == {"x": 0.0}
    from automl.space import FixedSuggest

    assert found.draw(FixedSuggest({"x": 0.0}), lambda _: None) != 0


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ({"search": [0.1, 0.5]}, (0.1, 0.5, False, None)),
        ({"search": [1e-4, 0.5]}, (1e-4, 0.5, True, None)),
        ({"search": [1e-4, 0.5], "scale": "linear"}, (1e-4, 0.5, False, None)),
        ({"search": [0.1, 0.5], "scale": "log"}, (0.1, 0.5, True, None)),
        ({"search": [0.1, 0.9], "step": 0.3}, (0.1, 0.7, False, 0.3)),
        ({"search": [-5, 50]}, (0, 1, False, None)),
        ({"scale": "log"}, (0.0003, 1, True, None)),
    ],
)
def test_the_schemas_own_annotations(annotation: dict[str, Any], expected: tuple[Any, ...]) -> None:
    node = {"type": "float", "default": 0.3, "minimum": 0, "maximum": 1, "x_automl": annotation}
    parameter = made("x", **node)
    assert shape(parameter) == pytest.approx(expected)
    assert parameter.source == ("search" if "search" in annotation else "default")


@pytest.mark.parametrize(
    ("name", "node", "words"),
    [
        ("x", {"type": "float", "minimum": 5, "maximum": 3}, "legal range is empty"),
        ("x", {"type": "float", "minimum": 3, "maximum": 3}, "only 3 is legal"),
        ("x", {"type": "float"}, "no default to search around"),
        ("x", {"type": "float", "default": None}, "no default to search around"),
        ("x", {"type": "int", "minimum": 0.2, "maximum": 0.8}, "nothing in its range is legal"),
        ("x", {"type": "float", "default": 1e308}, "too extreme"),
        ("x", {"type": "int", "default": 10**300}, "where floats have gaps"),
        ("x", {"type": "int", "default": 3, "maximum": 9, "minimum": 0, "multipleOf": 20}, "fewer"),
        (
            "x",
            {"type": "int", "default": 3, "minimum": 3, "maximum": 5, "math_cond": "^ 2"},
            "only 4",
        ),
        ("x", {"type": "float", "x_automl": {"search": [5, 6]}, "maximum": 1}, "legal"),
        ("x", {"type": "string", "default": "a"}, "free text"),
        ("x", {"type": "dict", "default": {}}, "free-form mapping"),
        ("x", {"type": "list", "default": [1.0, 2.0]}, "free list"),
        ("x", {"type": "list", "default": ["a"]}, "free list"),
        ("x", {"type": "tensor", "default": 1}, "its type is unknown"),
        ("x", {"enum": ["a"]}, "only 'a' is possible"),
        ("x", {"type": "int", "enum": [1, 2], "minimum": 5}, "no option is legal"),
        ("lr_steps", {"type": "list", "default": [3]}, "no epoch budget"),
    ],
)
def test_what_has_no_range_is_left_out_with_the_reason(
    name: str, node: dict[str, Any], words: str
) -> None:
    assert words in left_out(name, **node)


RATE_NAMES = st.sampled_from(
    ["lr", "base_lr", "learning_rate", "lr_backbone", "weight_decay", "text_lr", "initLR", "wd"]
)
ENDS = st.one_of(st.none(), st.sampled_from([0, -INF, INF, ""]), st.floats(1e-9, 10))


@given(name=RATE_NAMES, default=st.floats(1e-8, 0.4), low=ENDS, high=ENDS)
def test_rates_are_drawn_around_their_default(
    name: str, default: float, low: Any, high: Any
) -> None:
    """Issue B: the median within a factor of 3 of the default, no draw above 100 times it."""
    assume(not isinstance(low, float) or low <= default)
    assume(not isinstance(high, float) or high >= default)
    assume(high != 0)
    assume(high != -INF)
    assume(low != INF)
    assume(low != high or not isinstance(low, float))
    node = {"type": "float", "default": default, "minimum": low, "maximum": high}
    parameter = made(name, **{k: v for k, v in node.items() if v is not None})
    suggest = RandomSuggest(0)
    drawn = [parameter.draw(suggest, lambda _: None) for _ in range(401)]
    assert default / 3 <= statistics.median(drawn) <= default * 3
    assert max(drawn) <= 100 * default
    assert min(drawn) >= (low if isinstance(low, float) else 0)


def user_range(text: str, **node: Any) -> tuple[Any, ...]:
    schema = schema_of("x", node)
    return shape(build_space(schema, schema.defaults(), ranges={"x": text}).parameters[0])


def test_user_ranges() -> None:
    node = {"type": "float", "default": 0.3, "minimum": 0, "maximum": 100}
    assert user_range("0.1:0.5", **node) == (0.1, 0.5, False, None)
    assert user_range("0.1:0.5:log", **node) == (0.1, 0.5, True, None)
    assert user_range("0.01:100", **node) == (0.01, 100, True, None)
    assert user_range("0.01:100:linear", **node) == (0.01, 100, False, None)
    assert user_range("0:1", **node) == (0, 1, False, None)
    whole = {"type": "int", "default": 3, "minimum": 0, "maximum": 64, "multipleOf": 4}
    assert user_range("3:50", **whole) == (4, 48, False, 4)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("5", "must be LOW:HIGH"),
        ("a:b", "must be LOW:HIGH"),
        ("1:2:cubic", "must be LOW:HIGH"),
        ("2:1", "finite LOW < HIGH"),
        ("0:inf", "finite LOW < HIGH"),
        ("0:1:log", "log scale needs LOW > 0"),
        ("1:2:log:3", "finite LOW < HIGH"),
        ("0:11", "leaves what is legal: at least 0, at most 10"),
    ],
)
def test_user_ranges_that_cannot_be(text: str, words: str) -> None:
    with pytest.raises(SpaceError, match=words):
        user_range(text, type="float", default=0.3, minimum=0, maximum=10)
