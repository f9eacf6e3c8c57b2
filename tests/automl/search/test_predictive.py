"""Who is stopped by what its curve leaves to hope for, and who never is."""

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automl.search.predictive import LEAST, PredictiveStop

EPOCHS = 9
Curve = Callable[[int], float]


def _run(curves: Sequence[Curve], rule: PredictiveStop | None = None, first: int = 0) -> list[int]:
    """How many epochs each trial runs, one trial after the other."""
    rule = rule or PredictiveStop(EPOCHS, grace=2)
    done = []
    for number, curve in enumerate(curves, start=first):
        epochs = range(1, EPOCHS + 1)
        stops = (epoch for epoch in epochs if not rule.goes_on(number, epoch, curve(epoch)))
        done.append(next(stops, EPOCHS))
    return done


def _falling(end: float, speed: float = 0.5) -> Curve:
    """Half of the way to ``end`` is left after some 0.7 / ``speed`` epochs."""
    return lambda epoch: end + (1.0 - end) * 2.718281828 ** (-speed * epoch)


def test_nobody_is_stopped_before_some_ran_to_their_end() -> None:
    assert _run([_falling(0.1), *(_falling(0.8) for _ in range(LEAST - 1))]) == [EPOCHS] * LEAST


def test_a_poor_trial_ends_early_and_a_good_one_runs_out() -> None:
    found = _run([_falling(end) for end in (0.3, 0.25, 0.35, 0.28, 0.8, 0.1, 0.6)])
    assert found[:3] == [9, 9, 9]
    assert found[4] < 5
    assert found[5] == 9
    assert found[6] < 9


def test_a_third_runs_out_so_that_a_wrong_prediction_is_found_out() -> None:
    """The first three fall evenly; then the higher a trial stands, the deeper it drops at last."""
    even: list[Curve] = [lambda epoch, n=n: 0.6 + 0.01 * n - 0.01 * epoch for n in range(3)]
    deep: list[Curve] = [lambda epoch, n=n: 0.1 if epoch > 7 else 0.8 for n in range(9)]
    found = _run([*even, *deep])
    assert found.count(EPOCHS) > 4
    assert min(found) < 5
    first = found.index(EPOCHS, 3)
    assert first < 3 + 3 * 2 + 1
    assert found[first + 1] == EPOCHS, "it is known by now"


def test_a_slow_learner_that_others_say_will_be_best_goes_on() -> None:
    """Rungs would stop it: at each epoch up to the sixth it is the worst."""
    fast = [_falling(0.4 + 0.01 * n, speed=1.5) for n in range(3)]
    slow: list[Curve] = [lambda epoch, n=n: 0.95 - 0.09 * epoch + 0.005 * n for n in range(3)]
    rule = PredictiveStop(EPOCHS, grace=2)
    assert _run([fast[0], slow[0], fast[1]], rule) == [9, 9, 9]
    assert _run([slow[1], slow[2]], rule, first=3) == [9, 9]
    assert _run([fast[2]], rule, first=5)[0] < 9, "it is ahead, and will not be"


@given(st.data())
def test_what_is_ahead_of_all_completed_trials_is_never_stopped(data: st.DataObject) -> None:
    rule, best = PredictiveStop(EPOCHS, grace=1), float("inf")
    for number in range(6):
        lowest = float("inf")
        for epoch in range(1, EPOCHS + 1):
            cost = data.draw(st.floats(-1e6, 1e6))
            lowest = min(lowest, cost)
            if not rule.goes_on(number, epoch, cost):
                assert lowest > best
                break
        else:
            best = min(best, lowest)


_COSTS = st.one_of(
    st.floats(), st.sampled_from([0.0, 1e308, -1e308, float("nan"), float("inf"), float("-inf")])
)


@pytest.mark.filterwarnings("error")
@given(st.lists(_COSTS, min_size=EPOCHS * 4, max_size=EPOCHS * 4))
def test_no_value_is_too_strange(costs: list[float]) -> None:
    rule = PredictiveStop(EPOCHS, grace=1)
    places = itertools.product(range(4), range(1, EPOCHS + 1))
    for (number, epoch), cost in zip(places, costs, strict=True):
        assert rule.goes_on(number, epoch, cost) in (True, False)


def test_a_last_epoch_and_those_up_to_the_grace_stop_nobody() -> None:
    rule = PredictiveStop(EPOCHS, grace=4)
    _run([_falling(0.1), _falling(0.11), _falling(0.12)], rule)
    assert _run([lambda epoch: 50.0], rule, first=3) == [4]
    assert rule.goes_on(4, EPOCHS, 50.0)
