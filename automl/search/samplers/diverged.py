"""Shows samplers a diverged trial as one that is worse than the worst.

Whatever such a trial reported is no score, and without any value a model would never learn where
training breaks: it would go on proposing rates at the edge of divergence, where the best ones are.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Final

import optuna
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from automl.search.trial_feedback import FeedbackKind, read_feedback

GAP: Final = 0.1
"""How much worse, as a share of the range of all values."""


def with_diverged(study: optuna.Study) -> optuna.Study:
    """Return a copy of the study in which diverged trials have values; itself if it has none.

    Trials keep their numbers. Without a complete trial nothing is known to be worse than.
    """
    trials = study.get_trials(deepcopy=False)
    feedback = [read_feedback(trial) for trial in trials]
    complete = [each.values for each in feedback if each.kind is FeedbackKind.FINISHED]
    if not complete or all(each.kind is not FeedbackKind.DIVERGED for each in feedback):
        return study
    worse = [
        worse_than_worst(values, minimize=direction is not StudyDirection.MAXIMIZE)
        for values, direction in zip(zip(*complete, strict=True), study.directions, strict=True)
    ]
    shown = optuna.create_study(directions=study.directions)
    shown.add_trials(
        [
            _with_values(trial, worse) if each.kind is FeedbackKind.DIVERGED else trial
            for trial, each in zip(trials, feedback, strict=True)
        ]
    )
    return shown


def worse_than_worst(values: Sequence[float], *, minimize: bool) -> float:
    """Return a value that is worse than all ``values``, by :data:`GAP` of their range."""
    low, high = min(values), max(values)
    worst, sign = (high, 1.0) if minimize else (low, -1.0)
    for gap in (GAP * (high - low), GAP * abs(worst)):
        if worst + sign * gap != worst:
            return worst + sign * gap
    return worst + sign


def _with_values(trial: FrozenTrial, values: Sequence[float]) -> FrozenTrial:
    changed = copy.copy(trial)
    changed.state, changed.values = TrialState.COMPLETE, list(values)
    return changed
