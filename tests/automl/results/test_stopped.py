"""What a sweep says of the trials that its scheduler stopped."""

from collections.abc import Sequence

import pytest

from automl.results.stopped import Stopped, stopped_trials
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.objective import Objective

UP = Objective("score", "maximize")
PLAN = {"scheduler": {"name": "auto", "epochs": 4}}


def _histories(*curves: Sequence[float]) -> list[TrialHistory]:
    """One trial for each curve; one that is shorter than four epochs was stopped."""
    events: list[LedgerEvent] = []
    for number, curve in enumerate(curves):
        events.append(StartEvent(0.0, number, "search", {}, number))
        for epoch, value in enumerate(curve, start=1):
            events.append(EpochEvent(0.0, number, epoch, {"score": value}))
        events.append(EndEvent(0.0, number, "finished" if len(curve) == 4 else "stopped"))
    return trial_histories(events)


WHOLE = ([0.1, 0.3, 0.5, 0.6], [0.2, 0.4, 0.6, 0.7])


def test_a_poor_trial_is_counted_and_not_named() -> None:
    found = stopped_trials(PLAN, _histories(*WHOLE, [0.0, 0.0]), UP)
    assert found is not None
    assert (found.trials, found.of, found.contenders) == (1, 3, [])
    assert found.saved == pytest.approx(2 / 12)
    assert found.words == (
        "1 of 3 trials were stopped early: 17% fewer epochs; none of them is likely to have ended"
        " best"
    )


def test_one_that_might_have_ended_best_is_named() -> None:
    found = stopped_trials(PLAN, _histories(*WHOLE, [0.0, 0.0], [0.25, 0.45]), UP)
    assert found is not None
    (contender,) = found.contenders
    assert contender.number == 3
    assert 0.5 < contender.chance < 1.0
    assert "perhaps trial 0003 (" in found.words


@pytest.mark.parametrize(
    ("plan", "curves"),
    [
        ({"scheduler": {"name": "none", "epochs": 0}}, [*WHOLE, [0.0]]),
        ({}, [*WHOLE, [0.0]]),
        (PLAN, WHOLE),
    ],
)
def test_where_nobody_was_stopped_nothing_is_said(
    plan: dict[str, object], curves: list[list[float]]
) -> None:
    assert stopped_trials(plan, _histories(*curves), UP) is None


def test_trials_without_values_and_without_completed_ones_are_no_contenders() -> None:
    found = stopped_trials(PLAN, _histories([0.3], []), UP)
    assert found == Stopped(2, 2, pytest.approx(7 / 8), [])
