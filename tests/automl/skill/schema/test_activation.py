"""Alternatives of `active_when`: read, written, decided."""

from typing import Any

import pytest

from automl.skill.schema.activation import holds, in_words, names_of, read_alternatives, to_json

ONE = {"a": ["x", "y"], "b": [True]}
SEVERAL = [ONE, {"c": [0.5, None]}]


@pytest.mark.parametrize(
    ("written", "words", "names"),
    [
        (ONE, "a is x or y and b is true", ("a", "b")),
        (SEVERAL, "a is x or y and b is true, or c is 0.5 or null", ("a", "b", "c")),
    ],
)
def test_what_is_read_is_written_again_and_said(
    written: Any, words: str, names: tuple[str, ...]
) -> None:
    alternatives = read_alternatives(written)
    assert to_json(alternatives) == written
    assert in_words(alternatives) == words
    assert names_of(alternatives) == names


@pytest.mark.parametrize("nan", [float("nan"), [1.0, float("nan")]])
def test_nan_is_no_value_that_anything_has(nan: Any) -> None:
    with pytest.raises(ValueError, match="alternative 2: c may be NaN, which no value is equal to"):
        read_alternatives([ONE, {"c": nan}])


def test_a_single_value_and_a_single_alternative_need_no_list() -> None:
    assert read_alternatives({"a": "x"}) == read_alternatives([{"a": ["x"]}]) == ({"a": ("x",)},)


@pytest.mark.parametrize(
    ("values", "active"),
    [
        ({"a": "x", "b": True, "c": 1}, True),
        ({"a": "x", "b": False, "c": 1}, False),
        ({"a": "x", "b": 1, "c": 1}, False),  # 1 is not true
        ({"a": "z", "b": True, "c": 0.5}, True),
        ({"a": "z", "b": True}, True),  # c is null
    ],
)
def test_any_alternative_is_enough_and_each_is_a_conjunction(
    values: dict[str, Any], active: bool
) -> None:
    assert holds(read_alternatives(SEVERAL), values.get) is active
    assert holds((), values.get)
