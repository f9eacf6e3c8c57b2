"""Where the trainings of a confirmation go once each configuration has two."""

from collections import Counter

from automl.results.champion.posterior import Training, posterior
from automl.results.champion.race import next_pairs


def pairs(round_: int, count: int, **values: list[float]) -> tuple[tuple[str, str], ...]:
    known = posterior(
        [Training(n, str(s), v) for n, found in values.items() for s, v in enumerate(found)], "d"
    )
    assert known is not None
    return next_pairs(known, round_, count)


def pair(round_: int, **values: list[float]) -> tuple[str, ...]:
    return next(iter(pairs(round_, 1, **values)), ())


def test_a_clear_winner_ends_the_race() -> None:
    assert not pair(0, d=[0.50, 0.51, 0.49], a=[0.90, 0.91, 0.89], b=[0.3, 0.31, 0.29])


def test_clear_defaults_end_it_too() -> None:
    assert not pair(0, d=[0.90, 0.91, 0.89], a=[0.50, 0.51, 0.49])


def test_trainings_go_where_the_decision_is_open() -> None:
    values = {"d": [0.50, 0.54], "a": [0.80, 0.84], "b": [0.79, 0.85], "c": [0.1, 0.14]}
    counts = Counter(name for round_ in range(40) for name in pair(round_, **values))
    assert counts["a"] + counts["b"] > 60
    assert counts["c"] <= 2


def test_a_round_has_two_different_configurations_and_repeats_itself() -> None:
    for round_ in range(20):
        found = pair(round_, d=[0.5, 0.6], a=[0.7, 0.5], b=[0.6, 0.6])
        assert len(set(found)) == 2
        assert found == pair(round_, d=[0.5, 0.6], a=[0.7, 0.5], b=[0.6, 0.6])


def test_a_round_of_several_pairs_begins_with_that_of_one_and_draws_the_others_anew() -> None:
    values = {"d": [0.5, 0.6], "a": [0.7, 0.5], "b": [0.6, 0.6]}
    found = pairs(3, 20, **values)
    assert len(found) == 20
    assert found[:1] == pairs(3, 1, **values)
    assert all(one != other for one, other in found)
    assert {name for each in found for name in each} == {"d", "a", "b"}


def test_a_clear_winner_ends_a_race_of_several_pairs_too() -> None:
    assert not pairs(0, 4, d=[0.50, 0.51, 0.49], a=[0.90, 0.91, 0.89])
