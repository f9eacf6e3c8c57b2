"""What a model learns from: finite values of variance 1 in the order of the losses."""

import math

import numpy as np
import pytest

from automl.search.samplers.bayes.targets import targets

NAN = math.nan
LINEAR = 1.0


@pytest.mark.parametrize(
    "losses",
    [
        (0.5, 0.1, 0.3, 0.2),
        (1e30, -1e30, 0.0, 5.0),
        (2.8e32, -2.8e32, 1.0),
        (5e-324, 0.0, 1e-323, -5e-324),
        (1.0, math.nextafter(1.0, 2.0), math.nextafter(1.0, 0.0), 1.0),
        (1.0, 1.0, 1.0, 1.0),
        (0.0, NAN, 0.0),
        (0.5, NAN, 0.2, 1e30, NAN, 0.1, 0.15),
        (NAN, NAN),
        (3.0,),
    ],
)
@pytest.mark.parametrize("error", [0.0, 1e-3, 1e30])
def test_they_are_finite_and_in_order(losses: tuple[float, ...], error: float) -> None:
    with np.errstate(all="raise", under="ignore"):
        found = targets(np.array(losses), np.full(len(losses), error), LINEAR)
    assert np.isfinite(found.values).all()
    assert np.isfinite(found.variances).all()
    assert abs(found.values.mean()) < 1e-9
    assert found.values.std() == pytest.approx(1.0) or not found.values.any()
    known = [loss if loss == loss else math.inf for loss in losses]
    order = np.argsort(known, kind="stable")
    assert (np.diff(found.values[order]) >= 0).all()


def test_a_cliff_leaves_the_good_region_its_contrast() -> None:
    good = [0.1, 0.2, 0.3, 0.4]
    values = targets(np.array([*good, 1e6, 1e6, NAN]), np.zeros(7), LINEAR).values
    plain = np.array([*good, 1e6, 1e6, 1.1e6])
    assert np.ptp(values[:4]) > 1000 * np.ptp(plain[:4]) / plain.std()
    assert values[-1] == values.max()


def test_errors_scale_with_the_losses() -> None:
    losses = np.array([0.0, 1.0, 2.0])
    found = targets(losses, np.array([0.0, 0.5, 1.0]), LINEAR)
    assert found.variances == pytest.approx((np.array([0.0, 0.5, 1.0]) / losses.std()) ** 2)
