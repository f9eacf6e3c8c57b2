"""Shares are modelled by their log odds: no value passes 0 or 1, and errors keep their meaning."""

import numpy as np
import pytest

from automl.results.simulation.scale import scale_of


def test_shares_come_back_and_stay_inside() -> None:
    values = np.array([0.05, 0.5, 0.9])
    scale = scale_of(list(values))
    assert scale.outer(scale.inner(values)) == pytest.approx(values)
    assert scale.outer(scale.inner(values) + 100.0).max() <= 1.0 == scale.high
    assert scale.outer(scale.inner(values) - 100.0).min() >= 0.0 == scale.low


def test_an_error_is_that_of_the_value() -> None:
    scale, step = scale_of([0.2, 0.9]), 1e-5
    for value in (0.2, 0.9):
        one, other = scale.inner(np.array([value, value + step]))
        error = scale.errors(np.array([value]), np.array([step]))
        assert error[0] == pytest.approx(other - one, rel=1e-3)


@pytest.mark.parametrize(("values", "edge"), [([0.0, 1.0], 0.01), ([0.5, 0.996], 0.002)])
def test_the_ends_count_as_near(values: list[float], edge: float) -> None:
    scale = scale_of(values)
    assert scale.edge == pytest.approx(edge)
    assert np.isfinite(scale.inner(np.array([0.0, 1.0]))).all()


def test_other_values_are_left_as_they_are() -> None:
    values = np.array([-0.1, 0.5, 3.0])
    scale = scale_of(list(values))
    for same in (scale.inner(values), scale.outer(values), scale.errors(values[::-1], values)):
        assert (same == values).all()
