"""When a sweep needs no further trial: its goal is reached, or nothing improves any more.

Trials that are under way then still run to their end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from automl.sweep.goal import Goal
from automl.trial.ledger import END, EPOCH
from automl.trial.objective import Objective

_COUNTED: Final = ("finished", "stopped")


class Enough:
    """Watches trials for a goal and for improvement.

    Attributes:
        reason: why no further trial is needed, empty while they are.
    """

    def __init__(self, objective: Objective, goal: Goal | None, patience: int | None) -> None:
        """``patience``: how many trials may end in turn without a new best, None for any."""
        self._objective = objective
        self._goal = goal
        self._patience = patience
        self._of_trial: dict[int, float] = {}
        self._best: float | None = None
        self._waited = 0
        self.reason = ""

    def epoch(self, number: int, kpi: Mapping[str, float]) -> None:
        """Hear of one epoch of trial ``number``."""
        value = kpi.get(self._objective.metric)
        if value is not None and self._objective.better(value, self._of_trial.get(number)):
            self._of_trial[number] = value
        if self._goal is not None and self._goal.met(kpi) and not self.reason:
            reached = f"{self._goal.metric} {kpi[self._goal.metric]:.4f}"
            self.reason = f"trial {number:04d} reached {self._goal} ({reached})"

    def ended(self, number: int, state: str) -> None:
        """Hear that trial ``number`` ended; a failed one says nothing about improvement."""
        value = self._of_trial.pop(number, None)
        if state not in _COUNTED:
            return
        if value is not None and self._objective.better(value, self._best):
            self._best, self._waited = value, 0
            return
        self._waited += 1
        if self._patience is not None and self._waited >= self._patience and not self.reason:
            self.reason = f"{self._waited} trials in turn brought no improvement"


def make_enough(
    objective: Objective,
    goal: Goal | None,
    patience: int | None,
    events: Iterable[Mapping[str, Any]],
) -> Enough:
    """Return the watch over a sweep, having heard what its ledger holds."""
    enough = Enough(objective, goal, patience)
    for event in events:
        if event["event"] == EPOCH:
            enough.epoch(event["number"], event["kpi"])
        elif event["event"] == END:
            enough.ended(event["number"], event["state"])
    return enough
