"""What trainings say of the means behind them: who is the best, how surely."""

import numpy as np
import pytest

from automl.results.champion.posterior import Training, posterior, without_tail


def trainings(**values: list[float]) -> list[Training]:
    return [
        Training(name, str(seed), value)
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]


def test_the_luckiest_of_a_search_is_pulled_towards_the_others() -> None:
    generator = np.random.default_rng(3)
    luck = [*generator.normal(0.5, 0.1, 30), 0.9]
    search = [Training(f"t{i:02d}", "", float(v), fresh=False) for i, v in enumerate(luck)]
    lucky = Training("a", "", luck.pop(), fresh=False)
    fresh = trainings(d=[0.45, 0.5, 0.55], a=[0.55, 0.5, 0.6])
    known = posterior([*search[:-1], lucky, *fresh], "d")
    assert known is not None
    expected = dict(zip(known.names, known.means.mean(axis=0), strict=True))
    assert 0.5 < expected["a"] < np.mean([0.9, 0.55, 0.5, 0.6])


@pytest.mark.parametrize(
    "found",
    [
        trainings(a=[0.5, 0.6]),
        trainings(d=[0.5, 0.6]),
        trainings(d=[0.5], a=[0.6, 0.7]),
        trainings(d=[0.5], a=[0.6]),
        [],
    ],
)
def test_without_two_trainings_of_both_nothing_is_said(found: list[Training]) -> None:
    assert posterior(found, "d") is None


def test_the_tail_of_a_search_is_cut_evenly_around_its_median() -> None:
    assert without_tail([-100.0, 0.4, 0.5, 0.6, 0.7]) == [pytest.approx(0.3), 0.4, 0.5, 0.6, 0.7]
