"""What a sampler learns of a trial that is over: how it ended, its values, their error.

The journal keeps it as the Optuna trial's state and values, and a user attribute where these do not
say all: that training diverged, or the standard error of the value.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import optuna
from optuna.trial import FrozenTrial

from automl.constants import Fault, TrialState
from automl.search.learnable import BOUND, learnable

FEEDBACK_KEY: Final = "told"
"""The user attribute."""
CONSTRAINT: Final = "memory"
VIOLATED: Final = 1.0
KEPT: Final = -1.0


class FeedbackKind(StrEnum):
    """How a trial ended, as far as a sampler is concerned."""

    FINISHED = "finished"  # its values are known, perhaps with a standard error
    STOPPED = "stopped"  # by a scheduler: what is known of its final value is uncertain
    DIVERGED = "diverged"  # its loss did: shown to samplers as worse than the worst
    INFEASIBLE = "infeasible"  # it does not fit into memory, and no value is known
    NO_INFORMATION = "untold"  # any other end: it says nothing about the configuration


@dataclass(frozen=True)
class TrialFeedback:
    """What a sampler learns of one trial.

    Attributes:
        kind: how it ended.
        values: one for each objective, in the range of :func:`automl.search.learnable.learnable`;
            empty where none is known.
        sd: the standard error of the first value; None where it is not known.
    """

    kind: FeedbackKind
    values: tuple[float, ...] = ()
    sd: float | None = None


_OF_FAULT: Final[Mapping[str, FeedbackKind]] = {
    Fault.NAN: FeedbackKind.DIVERGED,
    Fault.OUT_OF_MEMORY: FeedbackKind.INFEASIBLE,
}
_OF_STATE: Final[Mapping[str, FeedbackKind]] = {
    TrialState.FINISHED: FeedbackKind.FINISHED,
    TrialState.STOPPED: FeedbackKind.STOPPED,
}


def feedback_at_end(
    outcome: TrialState, reached: Sequence[float | None], fault: str = "", se: float | None = None
) -> TrialFeedback:
    """Return what samplers learn of a trial that ended.

    Args:
        outcome: how it ended.
        reached: its best metric, and what it reached of the further objectives; None without one.
        fault: why it failed, a :class:`automl.constants.Fault`.
        se: the standard error of its best metric.
    """
    kind = _OF_STATE.get(outcome) or _OF_FAULT.get(fault, FeedbackKind.NO_INFORMATION)
    if kind is not FeedbackKind.FINISHED:
        return TrialFeedback(kind)
    values = tuple(each for each in map(learnable, reached) if each is not None)
    if len(values) == len(reached):
        return TrialFeedback(kind, values, usable_error(se) if abs(values[0]) <= BOUND else None)
    nan = any(each is not None and math.isnan(each) for each in reached)
    return TrialFeedback(FeedbackKind.DIVERGED if nan else FeedbackKind.NO_INFORMATION)


def usable_error(se: Any) -> float | None:
    """Return a standard error that a model can use: finite, not negative, not huge; else None."""
    if isinstance(se, bool) or not isinstance(se, int | float):
        return None
    return float(se) if 0 <= se <= BOUND else None


def feedback_attribute(feedback: TrialFeedback) -> Mapping[str, Any]:
    """Return the user attribute that says what state and values of a trial do not."""
    kind = {"kind": str(feedback.kind)} if feedback.kind is FeedbackKind.DIVERGED else {}
    return {**kind, **({"sd": feedback.sd} if feedback.sd is not None else {})}


def read_feedback(trial: FrozenTrial) -> TrialFeedback:
    """Return what the journal holds of a trial; ``NO_INFORMATION`` of one that is not over."""
    known = trial.user_attrs.get(FEEDBACK_KEY)
    known = known if isinstance(known, Mapping) else {}
    if trial.state.is_finished() and trial.constraints.get(CONSTRAINT, KEPT) > 0:
        return TrialFeedback(FeedbackKind.INFEASIBLE)
    match trial.state:
        case optuna.trial.TrialState.COMPLETE:
            return TrialFeedback(
                FeedbackKind.FINISHED, tuple(trial.values), usable_error(known.get("sd"))
            )
        case optuna.trial.TrialState.PRUNED:
            return TrialFeedback(FeedbackKind.STOPPED)
    failed = trial.state is optuna.trial.TrialState.FAIL
    diverged = failed and known.get("kind") == FeedbackKind.DIVERGED
    return TrialFeedback(FeedbackKind.DIVERGED if diverged else FeedbackKind.NO_INFORMATION)
