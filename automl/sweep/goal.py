"""What a sweep is to reach, as in ``cmc_rank_1>=0.95``."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from automl.errors import InputError
from automl.trial.objective import TRAIN_TIME, Objective

_FORM: Final = re.compile(r"^\s*([^\s<>=]+)\s*(>=|<=|>|<)\s*(\S+)\s*$")
_OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Goal:
    """A reported metric, a comparison and a bound."""

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


def parse_goal(text: str, objective: Objective) -> Goal:
    """Return the goal that ``text`` spells.

    Raises:
        InputError: it spells none, or the first poor trial of the objective would meet it.
    """
    match = _FORM.match(text)
    try:
        goal = Goal(match[1], match[2], float(match[3])) if match else None
    except ValueError:
        goal = None
    if goal is None:
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
