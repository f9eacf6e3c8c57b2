"""What samplers are shown of stopped trials: where they were heading, no better than the best."""

from collections.abc import Sequence
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from automl.constants import TrialSource
from automl.constants import TrialState as State
from automl.search.samplers.endings import with_endings
from automl.search.study import Study
from automl.search.trial_feedback import FeedbackKind, read_feedback
from automl.space import Float, Space

X = FloatDistribution(0.0, 1.0)


def _trial(x: float, values: Sequence[float], *, stopped: bool = False) -> FrozenTrial:
    return create_trial(
        state=TrialState.PRUNED if stopped else TrialState.COMPLETE,
        value=None if stopped else max(values),
        params={"x": x},
        distributions={"x": X},
        intermediate_values=dict(enumerate(values, start=1)),
    )


def _study(*trials: FrozenTrial, directions: Sequence[str] = ("maximize",)) -> optuna.Study:
    study = optuna.create_study(directions=directions)
    study.add_trials(trials)
    return study


RISING = [0.2, 0.4, 0.5, 0.6]
COMPLETE = (_trial(0.1, RISING), _trial(0.2, [v + 0.1 for v in RISING]))


def test_a_stopped_trial_is_shown_with_where_it_was_heading() -> None:
    study = _study(*COMPLETE, _trial(0.3, [0.1, 0.3], stopped=True))
    shown = with_endings(study).trials
    assert [each.number for each in shown] == [0, 1, 2]
    assert [each.params for each in shown] == [each.params for each in study.trials]
    feedback = read_feedback(shown[2])
    assert feedback.kind is FeedbackKind.FINISHED
    assert feedback.values == pytest.approx((0.5,))
    assert feedback.sd is not None
    assert 0.0 < feedback.sd < 0.2
    assert read_feedback(study.trials[2]).kind is FeedbackKind.STOPPED, "the study itself stays"


def test_nobody_has_seen_a_stopped_trial_be_the_best() -> None:
    shown = with_endings(_study(*COMPLETE, _trial(0.3, [0.3, 0.65], stopped=True))).trials
    assert shown[2].value == pytest.approx(0.7)


@pytest.mark.parametrize(
    "study",
    [
        _study(*COMPLETE),
        _study(_trial(0.3, [0.1, 0.3], stopped=True)),
        _study(),
    ],
)
def test_where_nothing_is_stopped_or_completed_the_study_is_shown(study: optuna.Study) -> None:
    assert with_endings(study) is study


def test_a_trial_stopped_before_its_first_value_stays_as_it_is() -> None:
    shown = with_endings(_study(*COMPLETE, _trial(0.3, [], stopped=True))).trials
    assert read_feedback(shown[2]).kind is FeedbackKind.STOPPED


@pytest.mark.parametrize("algorithm", ["gp", "cmaes", "bayes"])
def test_a_sampler_hears_of_stopped_trials(tmp_path: Path, algorithm: str) -> None:
    """What it proposes depends on where the trials were heading that a scheduler stopped."""
    proposals = {
        last: _proposal(tmp_path / f"{last}.journal", algorithm, last) for last in (0.01, 0.39)
    }
    assert proposals[0.01] != proposals[0.39]


def _proposal(path: Path, algorithm: str, last: float) -> object:
    """What is proposed after six whole trials, and six that were stopped at ``last`` or there."""
    names = ("x", "y")
    space = Space(parameters=tuple(Float(name=n, low=0.0, high=1.0, default=0.5) for n in names))
    study = Study(
        path, space=space, base={"x": 0.5, "y": 0.5}, algorithm=algorithm, direction="maximize",
        seed=1, durable=False,
    )  # fmt: skip
    for number in range(12):
        values = {"x": number / 11, "y": (number * 5 % 12) / 11}
        study.enqueue(values, TrialSource.ENQUEUED)
    for number in range(12):
        suggestion = study.ask()
        assert suggestion is not None
        stopped, level = number % 2, 0.01 * number
        curve = [0.1, last] if stopped else [0.1, 0.3, 0.5 + level]
        for epoch, value in enumerate(curve, start=1):
            study.report(suggestion.ticket, epoch, value)
        state = State.STOPPED if stopped else State.FINISHED
        study.tell(suggestion.ticket, state, max(curve))
    found = study.ask()
    assert found is not None
    return found.values
