"""What a run optimises, and which of two values is better."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Objective:
    """A reported metric and its direction (``maximize`` or ``minimize``)."""

    metric: str
    direction: str

    def better(self, value: float, than: float | None) -> bool:
        """Return whether ``value`` is strictly better than ``than`` (None: anything is)."""
        if than is None:
            return True
        return value > than if self.direction == "maximize" else value < than
