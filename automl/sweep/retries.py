"""Which failed trials run again: those whose fault passes, as often as is allowed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from automl.trial.fault import PASSING

RETRIED = "retried"


@dataclass
class Retries:
    """How often each trial was given another go; a deterministic fault never is."""

    limit: int = 1
    used: Counter[int] = field(default_factory=Counter)

    def grant(self, number: int, fault: str) -> bool:
        """Return whether trial ``number`` runs again after ``fault``, and count it."""
        granted = fault in PASSING and self.used[number] < self.limit
        self.used[number] += granted
        return granted
