"""What the Gaussian process sees of outliers: compressed, in their order; all else is unchanged."""

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optuna.trial import create_trial

from automl.search.outliers import compressed, without_outliers

FLOATS = st.floats(min_value=-1e32, max_value=1e32)


@given(st.lists(FLOATS, min_size=1, max_size=12))
def test_the_order_is_kept(values: list[float]) -> None:
    found = compressed(values)
    pairs = sorted(zip(values, found, strict=True))
    assert [after for _, after in pairs] == sorted(found)


@given(st.lists(st.integers(min_value=1, max_value=100), min_size=5, max_size=12, unique=True))
def test_a_sentinel_is_moved_beside_the_others_and_these_stay(values: list[float]) -> None:
    found = compressed([*values, -9999999.0])
    assert found[:-1] == values
    assert min(values) - 200 < found[-1] < min(values)


@pytest.mark.parametrize("values", [[0.7], [0.7] * 5, [0.0, 1e-3, 0.2, 5.0, 100.0]])
def test_without_outliers_all_stay(values: list[float]) -> None:
    assert compressed(values) == values


def test_a_study_is_copied_only_for_its_outliers() -> None:
    study = optuna.create_study(directions=["maximize", "minimize"])
    study.add_trials([create_trial(values=[0.1 * n, float(n)]) for n in range(5)])
    study.ask()
    assert without_outliers(study) is study
    study.add_trial(create_trial(values=[0.7, 1e30]))
    shown = without_outliers(study)
    assert [t.values for t in shown.trials[:5]] == [t.values for t in study.trials[:5]]
    assert [t.state for t in shown.trials] == [t.state for t in study.trials]
    assert shown.trials[6].values == [0.7, pytest.approx(6.0)]
    assert study.trials[6].values == [0.7, 1e30]
    assert shown.directions == study.directions
