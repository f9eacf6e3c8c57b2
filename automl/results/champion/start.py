"""What the checkpoint that a sweep starts from reached, beside its champion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from automl.results.champion.decide import Champion
from automl.trial.objective import Objective


@dataclass(frozen=True)
class StartCheckpoint:
    """The checkpoint that the trials of a sweep start from, measured as they are.

    Attributes:
        checkpoint: its file.
        value: what it reached of the sweep's metric; None where it is not measured (yet).
        metrics: all that was measured, by the names of the trial table.
        failure: why it could not be measured; empty where it could.
    """

    checkpoint: str
    value: float | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def words(self, objective: Objective, champion: Champion | None = None) -> str:
        """Return what it reached and, beside a champion, which of the two is better."""
        if self.value is None:
            why = f": {self.failure.partition(chr(10))[0]}" if self.failure else " yet"
            return f"the start checkpoint is not measured{why}"
        reached = f"the start checkpoint has {objective.metric} {self.value:.4f}"
        if champion is None:
            return reached
        gain = abs(champion.reached - self.value)
        if objective.better(champion.reached, self.value):
            return f"{reached}, the champion is better by {gain:.4f}"
        if objective.better(self.value, champion.reached):
            return f"{reached}, better than the champion by {gain:.4f}: keep it ({self.checkpoint})"
        return f"{reached}, the same as the champion"
