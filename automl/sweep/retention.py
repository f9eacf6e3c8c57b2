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
    """Deletes the checkpoints of trials that are over, as soon as better ones are there.

    A trial that runs, was interrupted or runs again keeps its checkpoints, and so does one from
    which others of a population may go on.

    Attributes:
        run_dir: the run's folder; nothing outside it is deleted.
        objective: what is better.
        keep: whose checkpoints stay.
        best: with ``keep`` ``best``, how many trials keep theirs.
        also: deletes a trial's checkpoints at other places, such as a storage.
    """

    run_dir: Path
    objective: Objective
    keep: Keep = "best"
    best: int = 1
    also: Callable[[int], None] | None = None
    _kept: list[tuple[float, int]] = field(default_factory=list)
    _held: frozenset[int] = frozenset()
    _dropped_later: set[int] = field(default_factory=set)

    def ended(self, number: int, value: float | None) -> None:
        """Note that trial ``number`` ended with its best ``value``, None for a failed one."""
        if self.keep == "all":
            return
        if self.keep == "none" or value is None:
            self._drop(number)
            return
        self._kept.append((value, number))
        self._kept.sort(key=lambda kept: (self.objective.cost(kept[0]), kept[1]))
        for _, worse in self._kept[self.best :]:
            self._drop(worse)
        del self._kept[self.best :]

    def hold(self, numbers: frozenset[int]) -> None:
        """Hold the checkpoints of trials ``numbers``, whatever their metric, and release others."""
        self._held = numbers
        for number in sorted(self._dropped_later - numbers):
            self._drop(number)

    def _drop(self, number: int) -> None:
        if number in self._held:
            self._dropped_later.add(number)
            return
        self._dropped_later.discard(number)
        drop_checkpoints(self.run_dir / TRIALS_FOLDER / trial_id(number), self.run_dir)
        if self.also is not None:
            self.also(number)
