"""Records in an Optuna study what its trials reached, in the form that samplers learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import optuna
from optuna.trial import FrozenTrial

from automl.constants import TrialState
from automl.search.learnable import learnable
from automl.search.samplers.constrained import CONSTRAINT, VIOLATED

_COMPLETE: Final = optuna.trial.TrialState.COMPLETE
_PRUNED: Final = optuna.trial.TrialState.PRUNED
_FAIL: Final = optuna.trial.TrialState.FAIL
_STATES: Final = {
    TrialState.FINISHED: _COMPLETE,
    TrialState.STOPPED: _PRUNED,
    TrialState.FAILED: _FAIL,
}


def record_end(
    study: optuna.Study,
    ticket: int,
    outcome: TrialState,
    reached: Sequence[float | None],
    *,
    violated: bool = False,
) -> None:
    """Record how a trial ended.

    With several objectives samplers cannot learn from stopped trials: these count as failed.

    Args:
        study: the trial's.
        ticket: the trial's number in it.
        outcome: how it ended.
        reached: its best metric, and what it reached of the further objectives; None without one.
        violated: whether it failed because the configuration ran out of memory: the samplers then
            learn a constraint, not a score.
    """
    state, frozen = _STATES[outcome], frozen_trial(study, ticket)
    if violated and not frozen.state.is_finished():
        optuna.Trial(study, frozen._trial_id).set_constraint(CONSTRAINT, VIOLATED)
    learned = [learnable(each) for each in reached]
    if (state is _COMPLETE and None in learned) or (state is _PRUNED and _has_several(study)):
        state = _FAIL
    values = learned if state is _COMPLETE else None
    study.tell(ticket, values, state=state, skip_if_finished=True)


def record_epoch(study: optuna.Study, ticket: int, epoch: int, value: float) -> None:
    """Record the metric after ``epoch``: what samplers know of a trial that is stopped."""
    learned = learnable(value)
    if learned is None or _has_several(study):
        return
    frozen = frozen_trial(study, ticket)
    if epoch not in frozen.intermediate_values and not frozen.state.is_finished():
        optuna.Trial(study, frozen._trial_id).report(learned, epoch)


def reported_tickets(study: optuna.Study, but: str) -> frozenset[int]:
    """Return the tickets of the trials with a metric, ``but`` those with that user attribute."""
    trials = [trial for trial in study.get_trials(deepcopy=False) if but not in trial.user_attrs]
    return frozenset(t.number for t in trials if t.intermediate_values or t.values is not None)


def frozen_trial(study: optuna.Study, ticket: int) -> FrozenTrial:
    """Read one trial of a study without reading all others."""
    storage = study._storage
    return storage.get_trial(
        storage.get_trial_id_from_study_id_trial_number(study._study_id, ticket)
    )


def _has_several(study: optuna.Study) -> bool:
    return len(study.directions) > 1
