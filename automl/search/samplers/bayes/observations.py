"""What a study holds for a model: points and losses of trials, and those that still run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from optuna import Study
from optuna.study import StudyDirection
from optuna.trial import TrialState

from automl.search.samplers.bayes.cube import Array, Cube
from automl.search.trial_feedback import FeedbackKind, read_feedback


@dataclass(frozen=True)
class Observations:
    """What is known of n trials; lower is better.

    Attributes:
        points: shape (n, d).
        losses: shape (n,); NaN of a trial that diverged.
        errors: their standard errors, 0 where they are not known.
        pending: points of trials that still run.
        unfit: points of trials that did not fit into memory.
    """

    points: Array
    losses: Array
    errors: Array
    pending: Array
    unfit: Array

    @property
    def diverged(self) -> npt.NDArray[np.bool_]:
        """Which trials diverged."""
        return np.isnan(self.losses)

    @property
    def every(self) -> Array:
        """All points, whatever is known of them."""
        return np.vstack([self.points, self.pending, self.unfit])


def observe(study: Study, cube: Cube, excluded: int) -> Observations:
    """Return what the study holds, apart from trial number ``excluded``, which is being drawn."""
    sign = -1.0 if study.direction is StudyDirection.MAXIMIZE else 1.0
    known: list[tuple[Array, float, float]] = []
    pending: list[Array] = []
    unfit: list[Array] = []
    for trial in study.get_trials(deepcopy=False):
        if trial.number == excluded:
            continue
        if trial.state is TrialState.RUNNING:
            pending.append(cube.point(trial.params))
            continue
        feedback = read_feedback(trial)
        if feedback.kind is FeedbackKind.INFEASIBLE:
            unfit.append(cube.point(trial.params))
        elif feedback.kind is FeedbackKind.DIVERGED:
            known.append((cube.point(trial.params), np.nan, 0.0))
        elif feedback.values:
            known.append((cube.point(trial.params), sign * feedback.values[0], feedback.sd or 0.0))
    return Observations(
        points=_matrix([point for point, _, _ in known], cube),
        losses=np.array([loss for _, loss, _ in known]),
        errors=np.array([error for _, _, error in known]),
        pending=_matrix(pending, cube),
        unfit=_matrix(unfit, cube),
    )


def _matrix(points: list[Array], cube: Cube) -> Array:
    return np.array(points).reshape(len(points), len(cube.axes))
