"""Teaches a sampler which configurations run out of memory, as a violated constraint.

A trial that ran out of memory has no score. Optuna's samplers learn constraints from complete
trials alone, and the Gaussian process needs a value and the same constraints in every trial. So the
journal holds a failed trial with a violated constraint, and the samplers see a copy of the study in
memory, where that trial is complete with the mean value of the others: it teaches which
configurations fit into memory, and nothing about their score.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

from automl.search.trial_feedback import CONSTRAINT, KEPT, VIOLATED


def with_constraints(study: optuna.Study) -> optuna.Study:
    """Return a copy of the study that shows its violated constraints; itself if it has none.

    Trials keep their numbers. Without a complete trial there is no mean value yet, and no sampler
    that has a model: the study itself is returned.
    """
    trials = study.get_trials(deepcopy=False)
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    if not complete or not any(map(_violated, trials)):
        return study
    means = [statistics.fmean(values) for values in zip(*(t.values for t in complete), strict=True)]
    copy = optuna.create_study(directions=study.directions)
    copy.add_trials([_with_constraint(trial, means) for trial in trials])
    return copy


def _violated(trial: FrozenTrial) -> bool:
    return bool(trial.constraints.get(CONSTRAINT, KEPT) > 0)


def _with_constraint(trial: FrozenTrial, means: Sequence[float]) -> FrozenTrial:
    violated = _violated(trial)
    if not violated and trial.state not in (TrialState.COMPLETE, TrialState.PRUNED):
        return trial
    return optuna.trial.create_trial(
        state=TrialState.COMPLETE if violated else trial.state,
        values=means if violated else trial.values,
        params=trial.params,
        distributions=trial.distributions,
        intermediate_values={} if violated else trial.intermediate_values,
        constraints={CONSTRAINT: VIOLATED if violated else KEPT},
    )
