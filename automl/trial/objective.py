"""What a run optimises, and which of two values is better."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TRAIN_TIME: Final = "train_time_s"  # measured by us: how long a trial ran, in seconds


@dataclass(frozen=True)
class Objective:
    """A reported metric and its direction (``maximize`` or ``minimize``).

    ``metric`` is empty where a direct run optimises nothing.
    """

    metric: str
    direction: str

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
