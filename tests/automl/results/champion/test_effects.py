"""The gain of a chosen configuration: unbiased, with an interval that holds it."""

from collections.abc import Callable

import numpy as np
import pytest

from automl.results.champion.effects import Effect, effects
from automl.results.champion.posterior import Training, posterior


def trainings(**values: list[float]) -> list[Training]:
    return [
        Training(name, str(seed), value)
        for name, found in values.items()
        for seed, value in enumerate(found)
    ]


def effects_of(found: list[Training], resolution: float = 0.0) -> dict[str, Effect]:
    known = posterior(found, "d", resolution)
    assert known is not None
    return effects(known)


def effect(name: str, found: list[Training], resolution: float = 0.0) -> Effect:
    return effects_of(found, resolution)[name]


def test_a_clear_gain_is_found_and_its_interval_holds_it() -> None:
    found = effect("a", trainings(d=[0.50, 0.51, 0.49], a=[0.70, 0.71, 0.69]))
    assert found.gain == pytest.approx(0.2, abs=0.01)
    assert found.low < found.gain < found.high
    assert min(found.beats, found.best) > 0.99


def test_equal_trainings_leave_it_open() -> None:
    found = effect("a", trainings(d=[0.5, 0.6, 0.4], a=[0.6, 0.4, 0.5]))
    assert found.beats == pytest.approx(0.5, abs=0.05)
    assert found.low < 0 < found.high


def test_the_same_question_has_the_same_answer() -> None:
    found = trainings(d=[0.5, 0.6], a=[0.7, 0.8], b=[0.4, 0.9])
    assert effects_of(found) == effects_of(list(reversed(found)))


def test_units_do_not_matter() -> None:
    small = trainings(d=[0.5, 0.6], a=[0.7, 0.8], b=[0.72, 0.76])
    large = [Training(each.configuration, each.seed, 1000 * each.value + 7) for each in small]
    one, other = effect("a", small), effect("a", large)
    assert other.gain == pytest.approx(1000 * one.gain, rel=1e-6)
    assert other.beats == one.beats


def test_a_configuration_that_nothing_competes_with_gains_what_its_fresh_trainings_say() -> None:
    found = trainings(d=[0.45, 0.5, 0.55], a=[0.75, 0.5, 0.6])
    search = [Training("a", "", 9.0, fresh=False), Training("d", "", -9.0, fresh=False)]
    assert effect("a", found).gain == pytest.approx(np.mean([0.75, 0.5, 0.6]) - 0.5)
    assert effect("a", [*found, *search]).gain == pytest.approx(np.mean([0.75, 0.5, 0.6]) - 0.5)


def test_the_best_of_equals_is_stated_lower_and_the_poorest_higher_than_they_reached() -> None:
    rivals = {
        "d": [0.5, 0.6, 0.4],
        "a": [0.7, 0.6, 0.5],
        "b": [0.6, 0.5, 0.4],
        "c": [0.3, 0.5, 0.4],
    }
    found = effects_of(trainings(**rivals))
    assert list(found) == ["a", "b", "c"]
    assert found["a"].gain < 0.1 - 0.01
    assert found["c"].gain > -0.1 + 0.01
    apart = effects_of(trainings(**{**rivals, "a": [9.7, 9.6, 9.5], "c": [-9.7, -9.5, -9.6]}))
    assert apart["a"].gain == pytest.approx(9.1, abs=0.05)
    assert apart["c"].gain == pytest.approx(-10.1, abs=0.05)


def test_what_the_seed_does_to_all_is_no_noise() -> None:
    steps = [0.0, 0.3, -0.3, 0.2]
    paired = trainings(d=[0.5 + s for s in steps], a=[0.55 + s for s in steps])
    crossed = trainings(d=[0.5 + s for s in steps], a=[0.55 - s for s in steps])
    assert effect("a", paired).beats > 0.8
    assert effect("a", crossed).beats < 0.7


def test_without_common_seeds_what_a_seed_does_is_noise() -> None:
    apart = [Training("a", f"a{i}", v) for i, v in enumerate([0.7, 0.8])]
    found = effect("a", [*trainings(d=[0.5, 0.6]), *apart])
    assert found.gain == pytest.approx(0.2)
    error = 0.1 * np.sqrt(0.5)  # of the difference of two means of two
    assert found.high - found.gain == pytest.approx(2.920 * error, rel=0.01)


def test_noise_below_the_resolution_is_not_seen() -> None:
    found = trainings(d=[0.5, 0.5], a=[0.6, 0.6])
    assert effect("a", found, resolution=0.1).beats < effect("a", found).beats


def test_values_that_are_all_equal_give_numbers() -> None:
    found = effect("a", trainings(d=[0.5, 0.5, 0.5], a=[0.5, 0.5, 0.5]))
    assert found.gain == pytest.approx(0.0, abs=1e-3)
    assert found.beats == pytest.approx(0.5, abs=0.05)


def none_gains(generator: np.random.Generator) -> list[float]:
    return [0.0, 0.0, 0.0, 0.0]


def a_wall(generator: np.random.Generator) -> list[float]:
    """The best of a search crowd below what can be reached, which no normal distribution has."""
    return [-0.3, *-generator.exponential(0.3, 3)]


@pytest.mark.parametrize("draw", [none_gains, a_wall])
def test_what_is_stated_of_the_chosen_is_unbiased_and_its_interval_holds_the_truth(
    draw: Callable[[np.random.Generator], list[float]],
) -> None:
    generator = np.random.default_rng(5)
    errors, naive, held = [], [], 0
    for _ in range(100):
        truth = dict(zip("dabc", draw(generator), strict=True))
        found = trainings(**{n: list(generator.normal(t, 0.5, 3)) for n, t in truth.items()})
        pick, each = next(iter(effects_of(found).items()))
        gain = truth[pick] - truth["d"]
        errors.append(each.gain - gain)
        mean = {n: np.mean([t.value for t in found if t.configuration == n]) for n in truth}
        naive.append(mean[pick] - mean["d"] - gain)
        held += each.low <= gain <= each.high
    assert abs(np.mean(errors)) < 2 * np.std(errors) / np.sqrt(100)
    assert np.mean(naive) > 2 * np.std(naive) / np.sqrt(100)
    assert 0.82 <= held / 100 <= 0.98
