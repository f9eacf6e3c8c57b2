"""What a run optimises, and which of two values is better."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from automl.constants import COLUMNS, METRIC_PREFIX, PARAM_PREFIX

TRAIN_TIME: Final = "train_time_s"  # measured by us: how long a trial ran, in seconds


@dataclass(frozen=True)
class Objective:
    """A reported metric and its direction (``maximize`` or ``minimize``).

    ``metric`` is empty where a direct run optimises nothing.
    """

    metric: str
    direction: str

    @property
    def column(self) -> str:
        """The column of tables that holds the metric."""
        return metric_column(self.metric)

    def best(self, values: Iterable[float]) -> float | None:
        """Return the best of ``values``, None of none."""
        found: float | None = None
        for value in values:
            found = value if self.better(value, found) else found
        return found

    def cost(self, value: float) -> float:
        """Return ``value`` with the sign that makes lower better, to sort by."""
        return -value if self.direction == "maximize" else value

    def better(self, value: float, than: float | None) -> bool:
        """Return whether ``value`` is strictly better than ``than`` (None: anything is)."""
        if than is None:
            return True
        return value > than if self.direction == "maximize" else value < than


def point_of(
    values: Sequence[float | None], objectives: Sequence[Objective]
) -> tuple[float, ...] | None:
    """Return what a trial reached of each objective, the lower the better; None if one is missing.

    A value that is not a number is missing.
    """
    known = [float(value) for value in values if value is not None and value == value]
    if len(known) < len(objectives):
        return None
    return tuple(each.cost(value) for each, value in zip(objectives, known, strict=True))


def dominates(one: Sequence[float], other: Sequence[float]) -> bool:
    """Return whether a point is as good as another in every objective, and better in one."""
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


@cache
def metric_column(name: str) -> str:
    """Return the column of a metric: its name, with ``kpi.`` before one that is another column's.

    No two metrics have the same column: beside ``state`` also ``kpi.state`` gets the prefix.
    """
    bare = name
    while bare.startswith(METRIC_PREFIX):
        bare = bare.removeprefix(METRIC_PREFIX)
    taken = bare in COLUMNS or bare.startswith(PARAM_PREFIX)
    return METRIC_PREFIX + name if taken else name
