"""When a sweep ends before its budget: a goal is reached, no trial improves, or all fail alike."""

from __future__ import annotations

import math
import operator
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from automl.constants import TrialState
from automl.errors import InputError
from automl.trial.faults import UNREPORTED, Cause, without_log
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent
from automl.trial.objective import TRAIN_TIME, Objective

_FORM: Final = re.compile(r"^\s*([^\s<>=]+)\s*(>=|<=|>|<)\s*(\S+)\s*$")
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class StopGoal:
    """What a sweep should reach, as in ``cmc_rank_1>=0.95``: a metric, a comparison, a bound."""

    metric: str
    comparison: str
    bound: float

    def __str__(self) -> str:
        """The goal as it is written."""
        return f"{self.metric}{self.comparison}{self.bound:g}"

    def met(self, kpi: Mapping[str, float]) -> bool:
        """Return whether the metrics of an epoch reach the goal."""
        value = kpi.get(self.metric)
        return value is not None and _OPERATORS[self.comparison](value, self.bound)


def parse_stop_goal(text: str, objective: Objective) -> StopGoal:
    """Return the goal that ``text`` says.

    Raises:
        InputError: it is no goal, or compares the objective in the wrong direction.
    """
    match = _FORM.match(text)
    try:
        goal = StopGoal(match[1], match[2], float(match[3])) if match else None
    except ValueError:
        goal = None
    if goal is None or not math.isfinite(goal.bound):
        raise InputError(f"--stop {text!r} must read METRIC>=NUMBER (or <=, >, <)")
    if goal.metric == TRAIN_TIME:
        raise InputError(f"--stop {text!r}: {TRAIN_TIME} is known only when a trial is over")
    upwards = goal.comparison.startswith(">")
    if goal.metric == objective.metric and upwards != (objective.direction == "maximize"):
        raise InputError(
            f"--stop {text!r} would be met by poor trials: {objective.metric} is"
            f" {objective.direction}d"
        )
    return goal


_COUNTED: Final = (TrialState.FINISHED, TrialState.STOPPED)


class StopRule:
    """Says when a sweep needs no further trial; those that run still run to their end.

    Attributes:
        reason: why no further trial is needed, empty while the sweep goes on.
    """

    def __init__(self, objective: Objective, goal: StopGoal | None, patience: int | None) -> None:
        """``patience``: how many trials in turn may bring no new best, None for any number."""
        self._objective = objective
        self._goal = goal
        self._patience = patience
        self._best_of: dict[int, float] = {}
        self._best: float | None = None
        self._no_better = 0
        self.reason = ""

    def epoch(self, number: int, kpi: Mapping[str, float]) -> None:
        """Note the metrics of an epoch of trial ``number``."""
        value = kpi.get(self._objective.metric)
        if value is not None and self._objective.better(value, self._best_of.get(number)):
            self._best_of[number] = value
        if self._goal is not None and self._goal.met(kpi) and not self.reason:
            reached = f"{self._goal.metric} {kpi[self._goal.metric]:.4f}"
            self.reason = f"trial {number:04d} reached {self._goal} ({reached})"

    def ended(self, number: int, state: str) -> None:
        """Note that trial ``number`` ended; a failed one does not count for patience.

        One that runs again keeps what it reached.
        """
        if state in (TrialState.INTERRUPTED, TrialState.RETRIED):
            return
        value = self._best_of.pop(number, None)
        if state not in _COUNTED:
            return
        if value is not None and self._objective.better(value, self._best):
            self._best, self._no_better = value, 0
            return
        self._no_better += 1
        if self._patience is not None and self._no_better >= self._patience and not self.reason:
            self.reason = f"{self._no_better} trials in turn brought no improvement"


def make_stop_rule(
    objective: Objective,
    goal: StopGoal | None,
    patience: int | None,
    events: Iterable[LedgerEvent],
) -> StopRule:
    """Return the stop rule of a sweep, fed with the events of its ledger."""
    rule = StopRule(objective, goal, patience)
    for event in events:
        if isinstance(event, EpochEvent):
            rule.epoch(event.number, event.kpi)
        elif isinstance(event, EndEvent):
            rule.ended(event.number, event.state)
    return rule


FIRST: Final = 3
LAST: Final = 10


@dataclass
class FailureMonitor:
    """Says when a sweep has to stop since its trials fail for one cause.

    Causes that differ only in values are the same: see :attr:`automl.trial.faults.Cause.key`.
    """

    _ended: int = 0
    _failed: list[str] = field(default_factory=list)
    _last: deque[str | None] = field(default_factory=lambda: deque(maxlen=LAST))

    def judge(self, cause: Cause | None) -> str:
        """Count a trial's end, ``cause`` None unless it failed; return why to stop, or nothing.

        A sweep stops when its first three trials all fail for one cause, or more than half of its
        last ten do, or when a trial shows that the trainer does not report the metric.
        """
        self._ended += 1
        self._last.append(cause.key if cause else None)
        if cause is None:
            return ""
        if cause.reason.startswith(UNREPORTED):
            return cause.reason  # no other trial would
        self._failed.append(cause.key)
        if self._ended == len(self._failed) >= FIRST and len(set(self._failed)) == 1:
            return f"the first {self._ended} trials all failed: {without_log(cause.reason)}"
        count = Counter(self._last)[cause.key]
        if len(self._last) == LAST and count > LAST / 2:
            return f"{count} of the last {LAST} trials failed: {without_log(cause.reason)}"
        return ""
