"""Which trials keep their checkpoints: the best few, all, or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from automl.constants import TRIALS_FOLDER
from automl.trial.files.checkpoints import drop_checkpoints
from automl.trial.job import trial_id
from automl.trial.objective import Objective

Keep = Literal["best", "all", "none"]


KEEP: Final = ("best", "all", "none")


@dataclass
class Retention:
    """Drops checkpoints of trials that ended, as soon as better ones are there.

    A trial that runs, was interrupted or is to run again is never asked about: it goes on from its
    checkpoints. No scheduler pauses trials, so one that was stopped is over; a trial that others
    may still go on from is held.

    Attributes:
        run_dir: the run's folder; nothing outside it is deleted.
        objective: what is better.
        keep: whose checkpoints stay.
        best: with ``keep`` ``best``, how many trials keep theirs.
        also: drops a trial's checkpoints wherever else they lie.
    """

    run_dir: Path
    objective: Objective
    keep: Keep = "best"
    best: int = 1
    also: Callable[[int], None] | None = None
    _kept: list[tuple[float, int]] = field(default_factory=list)
    _held: frozenset[int] = frozenset()
    _beaten: set[int] = field(default_factory=set)

    def ended(self, number: int, value: float | None) -> None:
        """Trial ``number`` ended with its best ``value``, None where it counts for nothing."""
        if self.keep == "all":
            return
        if self.keep == "none" or value is None:
            self._drop(number)
            return
        self._kept.append((value, number))
        self._kept.sort(key=lambda kept: (self.objective.cost(kept[0]), kept[1]))
        for _, loser in self._kept[self.best :]:
            self._drop(loser)
        del self._kept[self.best :]

    def hold(self, numbers: frozenset[int]) -> None:
        """Keep the checkpoints of ``numbers``, whatever they reached, and of no others."""
        self._held = numbers
        for number in sorted(self._beaten - numbers):
            self._drop(number)

    def _drop(self, number: int) -> None:
        if number in self._held:
            self._beaten.add(number)
            return
        self._beaten.discard(number)
        drop_checkpoints(self.run_dir / TRIALS_FOLDER / trial_id(number), self.run_dir)
        if self.also is not None:
            self.also(number)
