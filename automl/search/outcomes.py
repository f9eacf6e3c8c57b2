"""Records in an Optuna study what its trials reached, in the form that samplers learn from."""

from __future__ import annotations

import math
from typing import Any, Final

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial

from automl.search.learnable import learnable
from automl.search.trial_feedback import (
    CONSTRAINT,
    FEEDBACK_KEY,
    VIOLATED,
    FeedbackKind,
    TrialFeedback,
    feedback_attribute,
    read_feedback,
)

_FAIL: Final = optuna.trial.TrialState.FAIL
_STATES: Final = {
    FeedbackKind.FINISHED: optuna.trial.TrialState.COMPLETE,
    FeedbackKind.STOPPED: optuna.trial.TrialState.PRUNED,
}


def record_end(study: optuna.Study, ticket: int, feedback: TrialFeedback) -> None:
    """Record what samplers learn of a trial, unless its end is known already.

    With several objectives samplers cannot learn from stopped trials: these count as failed.

    Args:
        study: the trial's.
        ticket: the trial's number in it.
        feedback: how it ended, and what it reached.
    """
    frozen = frozen_trial(study, ticket)
    if frozen.state.is_finished():
        return
    trial = optuna.Trial(study, frozen._trial_id)
    if feedback.kind is FeedbackKind.INFEASIBLE:
        trial.set_constraint(CONSTRAINT, VIOLATED)
    attribute = feedback_attribute(feedback)
    if attribute or FEEDBACK_KEY in frozen.user_attrs:
        trial.set_user_attr(FEEDBACK_KEY, dict(attribute))
    state = _STATES.get(feedback.kind, _FAIL)
    if feedback.kind is FeedbackKind.STOPPED and _has_several(study):
        state = _FAIL
    values = feedback.values if feedback.kind is FeedbackKind.FINISHED else None
    study.tell(ticket, values, state=state, skip_if_finished=True)


def record_epoch(study: optuna.Study, ticket: int, epoch: int, value: float) -> None:
    """Record the metric after ``epoch``: what samplers know of a trial that is stopped."""
    learned = learnable(value)
    if learned is None or _has_several(study):
        return
    frozen = frozen_trial(study, ticket)
    if epoch not in frozen.intermediate_values and not frozen.state.is_finished():
        optuna.Trial(study, frozen._trial_id).report(learned, epoch)


def reported_tickets(study: optuna.Study, excluded: str) -> frozenset[int]:
    """Return the tickets of the trials with a metric, but for those with attribute ``excluded``."""
    every = study.get_trials(deepcopy=False)
    trials = [trial for trial in every if excluded not in trial.user_attrs]
    return frozenset(t.number for t in trials if t.intermediate_values or t.values is not None)


def finished_results(
    study: optuna.Study, values: str, excluded: str
) -> list[tuple[dict[str, Any], float]]:
    """Return configuration and first objective, lower is better, of the finished trials.

    One that diverged has infinity.

    Args:
        study: their study.
        values: the user attribute with their configuration.
        excluded: the user attribute of trials that are left out.
    """
    sign = 1.0 if study.directions[0] is StudyDirection.MINIMIZE else -1.0
    found = []
    for trial in study.get_trials(deepcopy=False):
        feedback, attrs = read_feedback(trial), trial.user_attrs
        if values not in attrs or excluded in attrs:
            continue
        if feedback.kind is FeedbackKind.FINISHED:
            found.append((dict(attrs[values]), sign * feedback.values[0]))
        elif feedback.kind is FeedbackKind.DIVERGED:
            found.append((dict(attrs[values]), math.inf))
    return found


def frozen_trial(study: optuna.Study, ticket: int) -> FrozenTrial:
    """Read one trial of a study without reading all others."""
    storage = study._storage
    return storage.get_trial(
        storage.get_trial_id_from_study_id_trial_number(study._study_id, ticket)
    )


def _has_several(study: optuna.Study) -> bool:
    return len(study.directions) > 1
