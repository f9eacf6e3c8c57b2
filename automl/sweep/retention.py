"""Which trials keep their checkpoints: the best few, all, or none.

With several objectives the best are also those that no other trial beats in every objective.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from automl.constants import TRIALS_FOLDER
from automl.trial.files.checkpoints import drop_checkpoints
from automl.trial.job import trial_id
from automl.trial.objective import Objective, dominates, point_of

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
        further: what is optimised beside the objective.
        always: with ``keep`` ``best``, trials that keep theirs whatever they reach.
        drop_elsewhere: deletes a trial's checkpoints at other places, such as a storage.
    """

    run_dir: Path
    objective: Objective
    keep: Keep = "best"
    best: int = 1
    further: Sequence[Objective] = ()
    drop_elsewhere: Callable[[int], None] | None = None
    always: frozenset[int] = frozenset()
    _kept: list[tuple[float, int]] = field(default_factory=list)
    _front: dict[int, tuple[float, ...]] = field(default_factory=dict)
    _held: frozenset[int] = frozenset()
    _dropped_later: set[int] = field(default_factory=set)

    def ended(self, number: int, value: float | None, further: Sequence[float | None] = ()) -> None:
        """Note that trial ``number`` ended with its best ``value``, None for a failed one.

        ``further``: what it reached of the further objectives.
        """
        if self.keep == "all":
            return
        if self.keep == "none" or value is None:
            self._drop(number)
            return
        before = self._keeping() | {number}
        self._kept.append((value, number))
        self._kept.sort(key=lambda kept: (self.objective.cost(kept[0]), kept[1]))
        del self._kept[self.best :]
        if self.further:
            self._join_front(number, (value, *further))
        for worse in sorted(before - self._keeping() - self.always):
            self._drop(worse)

    def _keeping(self) -> set[int]:
        return {number for _, number in self._kept} | self._front.keys()

    def _join_front(self, number: int, values: Sequence[float | None]) -> None:
        """Add the trial to those that no other one dominates, if none dominates it."""
        point = point_of(values, (self.objective, *self.further))
        if point is None or any(dominates(other, point) for other in self._front.values()):
            return
        self._front = {n: each for n, each in self._front.items() if not dominates(point, each)}
        self._front[number] = point

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
        if self.drop_elsewhere is not None:
            self.drop_elsewhere(number)
