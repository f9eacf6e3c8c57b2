"""Where a curve ends, by the completed ones: exact where they agree, unsure where they do not."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.curves import Array, CurveEnd, expected_ending, running_best

EPOCHS = 9


def _curve(start: float, end: float, epochs: int = EPOCHS) -> Array:
    """A straight fall from the first epoch to the last."""
    return np.linspace(start, end, epochs)


def _stack(*curves: Sequence[float] | Array) -> Array:
    return np.array(curves, dtype=float).reshape(len(curves), -1)


def test_the_running_best_never_rises_and_begins_with_the_first_number() -> None:
    found = running_best({2: 0.5, 3: math.nan, 4: 0.7, 5: 0.3, 12: 0.0}, 6)
    np.testing.assert_array_equal(found, [math.nan, 0.5, 0.5, 0.5, 0.3, 0.3])


def test_one_completed_curve_says_how_much_is_still_gained() -> None:
    ending = expected_ending(_curve(1.2, 0.4), 3, _stack(_curve(1.0, 0.2)))
    assert ending is not None
    assert ending.mean == pytest.approx(0.4)
    assert ending.sd > 0.05, "one curve is hardly any evidence"


def test_curves_of_one_shape_are_predicted_ever_more_surely() -> None:
    starts = np.linspace(0.8, 1.2, 12)
    spreads = []
    for count in (2, 4, 12):
        completed = _stack(*(_curve(start, start - 0.6) for start in starts[:count]))
        ending = expected_ending(_curve(0.95, 0.35), 4, completed)
        assert ending is not None
        assert ending.mean == pytest.approx(0.35, abs=0.01)
        spreads.append(ending.sd)
    assert spreads == sorted(spreads, reverse=True)


def test_a_curve_that_still_falls_is_expected_to_end_lower() -> None:
    """Slow learners gain late: where they stand at the third epoch says the opposite."""
    fast = [_curve(0.5, 0.4 + 0.01 * n) for n in range(5)]
    slow = [_curve(1.0, 0.1 + 0.01 * n) for n in range(5)]
    completed = _stack(*fast, *slow)
    falling, flat = _curve(0.98, 0.12), _curve(0.52, 0.43)
    ends = [expected_ending(curve, 3, completed) for curve in (falling, flat)]
    assert ends[0] is not None
    assert ends[1] is not None
    assert ends[0].mean < ends[1].mean
    assert falling[2] > flat[2]


def test_intervals_hold_what_they_say_and_are_not_much_too_wide() -> None:
    rng = np.random.default_rng(0)
    missed = []
    for _ in range(400):
        final, speed = rng.uniform(0.1, 0.5, 9), np.exp(rng.normal(-1.2, 0.4, 9))
        epochs = np.arange(1, 28)
        curves = final[:, None] + np.exp(-speed[:, None] * epochs)
        curves = np.minimum.accumulate(curves + rng.normal(0, 0.01, curves.shape), axis=1)
        ending = expected_ending(curves[0], 9, curves[1:])
        assert ending is not None
        missed.append(abs(curves[0, -1] - ending.mean) / ending.sd)
    assert np.mean(np.array(missed) < 1.645) > 0.85
    assert np.median(missed) > 0.2


def test_without_a_completed_curve_or_a_value_nothing_is_known() -> None:
    curve = _curve(1.0, 0.5)
    assert expected_ending(curve, 3, np.empty((0, EPOCHS))) is None
    late = running_best({5: 0.3, 9: 0.2}, EPOCHS)
    assert expected_ending(curve, 3, _stack(late)) is None
    assert expected_ending(late, 3, _stack(curve)) is None


def test_the_chance_of_a_lower_end() -> None:
    ending = CurveEnd(0.5, 0.1)
    assert ending.chance_below(0.5) == 0.5
    assert ending.chance_below(0.6) == pytest.approx(0.8413, abs=1e-4)
    assert ending.chance_below(-10.0) == pytest.approx(0.0, abs=1e-12)


_COSTS = st.lists(st.floats(-10, 10), min_size=EPOCHS, max_size=EPOCHS)


@given(st.lists(_COSTS, min_size=1, max_size=6), _COSTS, st.integers(1, EPOCHS - 1))
def test_an_end_is_no_worse_than_now_and_moves_with_all_costs(
    completed: list[list[float]], curve: list[float], epoch: int
) -> None:
    whole = np.minimum.accumulate(np.array(completed), axis=1)
    found = np.minimum.accumulate(np.array(curve))
    ending = expected_ending(found, epoch, whole)
    moved = expected_ending(found * 4 + 64, epoch, whole * 4 + 64)
    assert ending is not None
    assert moved is not None
    assert ending.mean <= found[epoch - 1]
    assert ending.sd > 0
    assert moved.mean == pytest.approx(ending.mean * 4 + 64, rel=1e-6, abs=1e-6)
    assert moved.sd == pytest.approx(ending.sd * 4, rel=1e-3, abs=1e-6)
