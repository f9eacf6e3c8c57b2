"""Shows samplers a stopped trial with the value that its curve was heading for.

Otherwise the Gaussian process would never hear of it, and would propose its like again: with a
scheduler it would know little but the trials that were good. The value is what the completed curves
make of the trial's own (:mod:`automl.search.curves`), with its standard deviation; it is no better
than the best completed one, since nobody has seen it. The study alone decides it, so that a resumed
sweep shows the same.
"""

from __future__ import annotations

import copy

import numpy as np
import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from automl.search.curves import Array, CurveEnd, expected_ending, running_best
from automl.search.trial_feedback import FEEDBACK_KEY


def with_endings(study: optuna.Study) -> optuna.Study:
    """Return a copy of the study in which stopped trials have values; itself if it has none.

    Trials keep their numbers. A stopped one stays as it is where no completed curve tells its end.
    """
    trials = study.get_trials(deepcopy=False)
    stopped = [trial for trial in trials if trial.state is TrialState.PRUNED]
    whole = [t for t in trials if t.state is TrialState.COMPLETE and t.intermediate_values]
    if not stopped or not whole or len(study.directions) > 1:
        return study
    epochs = max(max(trial.intermediate_values) for trial in whole)
    sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
    completed = np.array([_curve(trial, sign, epochs) for trial in whole])
    endings = {each.number: _ending(each, sign, completed) for each in stopped}
    shown = optuna.create_study(direction=study.direction)
    shown.add_trials([_with_ending(trial, endings.get(trial.number), sign) for trial in trials])
    return shown


def _curve(trial: FrozenTrial, sign: float, epochs: int) -> Array:
    costs = {epoch: sign * value for epoch, value in trial.intermediate_values.items()}
    return running_best(costs, epochs)


def _ending(trial: FrozenTrial, sign: float, completed: Array) -> CurveEnd | None:
    """Where a stopped trial would have ended, as a cost that is no lower than the lowest."""
    epochs = completed.shape[1]
    epoch = min(max(trial.intermediate_values, default=0), epochs)
    if epoch < 1:
        return None
    ending = expected_ending(_curve(trial, sign, epochs), epoch, completed)
    if ending is None:
        return None
    return CurveEnd(max(ending.mean, float(np.nanmin(completed[:, -1]))), ending.sd)


def _with_ending(trial: FrozenTrial, ending: CurveEnd | None, sign: float) -> FrozenTrial:
    if ending is None:
        return trial
    changed = copy.copy(trial)
    changed.state, changed.values = TrialState.COMPLETE, [sign * ending.mean]
    changed.user_attrs = {**trial.user_attrs, FEEDBACK_KEY: {"sd": ending.sd}}
    return changed
