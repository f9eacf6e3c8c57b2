"""What a sampler is told of a trial that is over: how it ended, its values, their error.

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

TOLD: Final = "told"
"""The user attribute."""
CONSTRAINT: Final = "memory"
VIOLATED: Final = 1.0
KEPT: Final = -1.0


class ToldAs(StrEnum):
    """How a trial ended, as far as a sampler is concerned."""

    FINISHED = "finished"  # its values are known, perhaps with a standard error
    STOPPED = "stopped"  # by a scheduler: what is known of its final value is uncertain
    DIVERGED = "diverged"  # its loss did: worse than the worst
    INFEASIBLE = "infeasible"  # it does not fit into memory, and no value is known
    UNTOLD = "untold"  # it says nothing of its configuration: a fault of machine, data or code


@dataclass(frozen=True)
class Told:
    """What a sampler is told of one trial.

    Attributes:
        kind: how it ended.
        values: one for each objective, in the range of :func:`automl.search.learnable.learnable`;
            empty where none is known.
        sd: the standard error of the first value; None where it is not known.
    """

    kind: ToldAs
    values: tuple[float, ...] = ()
    sd: float | None = None


_OF_FAULT: Final[Mapping[str, ToldAs]] = {
    Fault.NAN: ToldAs.DIVERGED,
    Fault.OUT_OF_MEMORY: ToldAs.INFEASIBLE,
}
_OF_STATE: Final[Mapping[str, ToldAs]] = {
    TrialState.FINISHED: ToldAs.FINISHED,
    TrialState.STOPPED: ToldAs.STOPPED,
}


def told_of_end(
    outcome: TrialState, reached: Sequence[float | None], fault: str = "", se: float | None = None
) -> Told:
    """Return what samplers are told of a trial.

    Args:
        outcome: how it ended.
        reached: its best metric, and what it reached of the further objectives; None without one.
        fault: why it failed, a :class:`automl.constants.Fault`.
        se: the standard error of its best metric.
    """
    kind = _OF_STATE.get(outcome) or _OF_FAULT.get(fault, ToldAs.UNTOLD)
    if kind is not ToldAs.FINISHED:
        return Told(kind)
    values = tuple(each for each in map(learnable, reached) if each is not None)
    if len(values) == len(reached):
        return Told(kind, values, usable_error(se) if abs(values[0]) <= BOUND else None)
    nan = any(each is not None and math.isnan(each) for each in reached)
    return Told(ToldAs.DIVERGED if nan else ToldAs.UNTOLD)


def usable_error(se: Any) -> float | None:
    """Return a standard error that a model can use: finite, not negative, not huge; else None."""
    if isinstance(se, bool) or not isinstance(se, int | float):
        return None
    return float(se) if 0 <= se <= BOUND else None


def told_attribute(told: Told) -> Mapping[str, Any]:
    """Return the user attribute that says what state and values of a trial do not."""
    kind = {"kind": str(told.kind)} if told.kind is ToldAs.DIVERGED else {}
    return {**kind, **({"sd": told.sd} if told.sd is not None else {})}


def told_of_trial(trial: FrozenTrial) -> Told:
    """Return what the journal holds of an Optuna trial; ``UNTOLD`` of one that is not over."""
    known = trial.user_attrs.get(TOLD)
    known = known if isinstance(known, Mapping) else {}
    if trial.state.is_finished() and trial.constraints.get(CONSTRAINT, KEPT) > 0:
        return Told(ToldAs.INFEASIBLE)
    match trial.state:
        case optuna.trial.TrialState.COMPLETE:
            return Told(ToldAs.FINISHED, tuple(trial.values), usable_error(known.get("sd")))
        case optuna.trial.TrialState.PRUNED:
            return Told(ToldAs.STOPPED)
    failed = trial.state is optuna.trial.TrialState.FAIL
    diverged = failed and known.get("kind") == ToldAs.DIVERGED
    return Told(ToldAs.DIVERGED if diverged else ToldAs.UNTOLD)
