"""What samplers are told of a metric: finite, in the true order, and the value itself as a rule."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.learnable import BOUND, learnable

LARGEST = 1.797e308


@given(st.floats(min_value=-BOUND, max_value=BOUND))
def test_usual_values_are_kept(value: float) -> None:
    assert learnable(value) == value


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_the_order_is_kept(one: float, other: float) -> None:
    low, high = sorted((one, other))
    learned_low, learned_high = learnable(low), learnable(high)
    assert learned_low is not None
    assert learned_high is not None
    assert learned_low <= learned_high
    assert math.isfinite(learned_high - learned_low)


def test_sizes_of_huge_are_told_apart() -> None:
    huge = [-math.inf, -1e300, -1e31, -1e30, 9999999.0, 1e30, 1e31, 1e300, LARGEST]
    learned = [learnable(value) for value in huge]
    assert learned == sorted(set(learned), key=lambda value: value or 0.0)


@pytest.mark.parametrize("value", [None, math.nan])
def test_nothing_is_learned_from_no_number(value: float | None) -> None:
    assert learnable(value) is None
