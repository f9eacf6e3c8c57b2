"""What trainings say of the means behind them: shrinkage, intervals, probabilities."""

import numpy as np
import pytest

from automl.results.champion.effects import Effect, Training, posterior, without_tail


def trainings(**values: list[float]) -> list[Training]:
    return [
        Training(name, str(seed), value)
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]


def effect(name: str, found: list[Training], resolution: float = 0.0) -> Effect:
    known = posterior(found, "d", resolution)
    assert known is not None
    return known.effects()[name]


def test_a_clear_gain_is_found_and_its_interval_holds_it() -> None:
    found = effect("a", trainings(d=[0.50, 0.51, 0.49], a=[0.70, 0.71, 0.69]))
    assert found.gain == pytest.approx(0.2, abs=0.01)
    assert found.low < found.gain < found.high
    assert found.beats > 0.99
    assert found.best == found.beats


def test_equal_trainings_leave_it_open() -> None:
    found = effect("a", trainings(d=[0.5, 0.6, 0.4], a=[0.6, 0.4, 0.5]))
    assert found.beats == pytest.approx(0.5, abs=0.05)
    assert found.low < 0 < found.high


def test_the_same_question_has_the_same_answer() -> None:
    found = trainings(d=[0.5, 0.6], a=[0.7, 0.8], b=[0.4, 0.9])
    assert effect("a", found) == effect("a", list(reversed(found)))


def test_units_do_not_matter() -> None:
    small = trainings(d=[0.5, 0.6], a=[0.7, 0.8])
    large = [Training(each.configuration, each.seed, 1000 * each.value + 7) for each in small]
    one, other = effect("a", small), effect("a", large)
    assert other.gain == pytest.approx(1000 * one.gain, rel=1e-6)
    assert other.beats == one.beats


def test_the_largest_of_many_is_pulled_towards_the_others() -> None:
    generator = np.random.default_rng(3)
    others = {f"t{i:02d}": [float(generator.normal(0.5, 0.1))] for i in range(30)}
    again = {"d": [0.45, 0.5, 0.55], "a": [0.75, 0.5, 0.6]}
    found = effect("a", trainings(**again, **others))
    assert 0 <= found.gain < np.mean(again["a"]) - np.mean(again["d"])


def test_what_the_seed_does_to_all_is_no_noise() -> None:
    steps = [0.0, 0.3, -0.3, 0.2]
    paired = trainings(d=[0.5 + s for s in steps], a=[0.55 + s for s in steps])
    crossed = trainings(d=[0.5 + s for s in steps], a=[0.55 - s for s in steps])
    assert effect("a", paired).beats > 0.8
    assert effect("a", crossed).beats < 0.7


def test_noise_below_the_resolution_is_not_seen() -> None:
    found = trainings(d=[0.5, 0.5], a=[0.6, 0.6])
    assert effect("a", found, resolution=0.1).beats < effect("a", found).beats


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


def test_values_that_are_all_equal_give_numbers() -> None:
    found = effect("a", trainings(d=[0.5, 0.5, 0.5], a=[0.5, 0.5, 0.5]))
    assert (found.gain, found.beats) == (pytest.approx(0.0, abs=1e-3), pytest.approx(0.5, abs=0.05))


def test_the_tail_of_a_search_is_cut_evenly_around_its_median() -> None:
    assert without_tail([-100.0, 0.4, 0.5, 0.6, 0.7]) == [pytest.approx(0.3), 0.4, 0.5, 0.6, 0.7]


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    generator = np.random.default_rng(5)
    held = 0
    for _ in range(120):
        means = np.concatenate([[0.0], generator.normal(-1, 1, 3)])
        names = ["d", "a", "b", "c"]
        found = trainings(
            **{n: list(generator.normal(m, 0.5, 4)) for n, m in zip(names, means, strict=True)}
        )
        each = effect("a", found)
        held += each.low <= means[1] <= each.high
    assert 0.8 <= held / 120 <= 0.98
