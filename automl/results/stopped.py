"""What stopping trials early saved, and which stopped ones might have ended best after all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from automl.constants import TrialState
from automl.search.curves import Array, expected_ending, running_best
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective

NOTED: Final = 0.1
"""The probability of having been the best from which a stopped trial is named."""
_NAMED: Final = 3


@dataclass(frozen=True)
class Contender:
    """A stopped trial that may have ended best: its number, and how likely that is."""

    number: int
    chance: float


@dataclass(frozen=True)
class Stopped:
    """What a scheduler did.

    Attributes:
        trials: how many it stopped; of: how many trials are over.
        saved: the share of the epochs that these would have run without it.
        contenders: stopped trials that may have ended best, the likeliest first.
    """

    trials: int
    of: int
    saved: float
    contenders: Sequence[Contender]

    @property
    def words(self) -> str:
        """It in a sentence."""
        done = (
            f"{self.trials} of {self.of} trials were stopped early: {self.saved:.0%} fewer epochs"
        )
        if not self.contenders:
            return f"{done}; none of them is likely to have ended best"
        named = [f"{each.number:04d} ({each.chance:.0%})" for each in self.contenders[:_NAMED]]
        several = "s" if len(self.contenders) > 1 else ""
        more = len(self.contenders) - _NAMED
        also = f" and {more} more" if more > 0 else ""
        return f"{done}; perhaps trial{several} {', '.join(named)}{also} would have ended best"


def stopped_trials(
    plan: Mapping[str, Any], histories: Sequence[TrialHistory], objective: Objective
) -> Stopped | None:
    """Return what the scheduler of a plan did to the trials of a search; None where it did nothing.

    The chance of a stopped trial is that of its curve among all that were completed, those included
    that ran later: more is known now than when it was stopped.
    """
    epochs = int((plan.get("scheduler") or {}).get("epochs") or 0)
    ended = [each for each in histories if each.state in (TrialState.FINISHED, TrialState.STOPPED)]
    stopped = [each for each in ended if each.state == TrialState.STOPPED]
    if not epochs or not stopped:
        return None
    ran = sum(min(epochs, _last(each)) for each in ended)
    found = sorted(_contenders(ended, objective, epochs), key=lambda each: -each.chance)
    return Stopped(len(stopped), len(ended), 1 - ran / (epochs * len(ended)), found)


def _last(history: TrialHistory) -> int:
    return max((each.epoch for each in history.epochs), default=0)


def _contenders(
    ended: Sequence[TrialHistory], objective: Objective, epochs: int
) -> Iterator[Contender]:
    curves = {each.number: _curve(each, objective, epochs) for each in ended}
    whole = [curves[h.number] for h in ended if h.state == TrialState.FINISHED]
    completed = np.array([each for each in whole if np.isfinite(each[-1])]).reshape(-1, epochs)
    for each in ended:
        if each.state == TrialState.STOPPED and _last(each) and len(completed):
            epoch = min(epochs, _last(each))
            ending = expected_ending(curves[each.number], epoch, completed)
            chance = ending.chance_below(completed[:, -1].min()) if ending else 0.0
            if chance >= NOTED:
                yield Contender(each.number, chance)


def _curve(history: TrialHistory, objective: Objective, epochs: int) -> Array:
    values = history.values(objective).items()
    return running_best({epoch: objective.cost(value) for epoch, value in values}, epochs)
