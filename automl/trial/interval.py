"""A trial that hands over: it ends at an epoch, with a checkpoint for another to go on from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from automl.constants import LOG_FILE
from automl.spec.checkpoints import epoch_of
from automl.trial.files.checkpoints import resumable_checkpoint


@dataclass(frozen=True)
class Lineage:
    """Where a trial of a population begins and ends.

    Attributes:
        parent: the trial from whose checkpoint it goes on; None to begin from nothing.
        until: the epoch, counted from 1, at which it hands over; None for a trial that runs out.
        reached: the last epoch that was recorded before it was cut short.
    """

    parent: int | None = None
    until: int | None = None
    reached: int = 0


class HandedOver(SystemExit):
    """The trial's interval is over; to a trainer it is a stop like a scheduler's."""


class Interval:
    """Ends a trial at the first epoch from its end on whose checkpoint is there."""

    def __init__(self, folder: Path, lineage: Lineage) -> None:
        """``folder``: the trial's."""
        self._folder = folder
        self._lineage = lineage
        self._told = False

    @property
    def is_over(self) -> bool:
        """Whether the trial was cut short after its last epoch, so that nothing is left to do."""
        until = self._lineage.until
        return until is not None and self._lineage.reached >= until and self._has(until)

    def ending(
        self, on_epoch: Callable[[int, dict[str, float]], None], metric: str
    ) -> Callable[[int, dict[str, float]], None]:
        """Return ``on_epoch`` followed by the end of the interval, once ``metric`` is reported.

        It raises :class:`HandedOver`.
        """

        def both(epoch: int, kpi: dict[str, float]) -> None:
            on_epoch(epoch, kpi)
            until = self._lineage.until
            if until is not None and epoch >= until and metric in kpi:
                self._end(until)

        return both

    def _has(self, until: int) -> bool:
        """Whether a whole checkpoint of that epoch or a later one is there."""
        checkpoint, _ = resumable_checkpoint(self._folder)
        if checkpoint is None:
            return False
        epoch = epoch_of(checkpoint)
        return epoch >= until or epoch == -1  # a name without an epoch: the trainer knows it

    def _end(self, until: int) -> None:
        if self._has(until):
            raise HandedOver(0)
        if not self._told:
            self._told = True
            with (self._folder / LOG_FILE).open("a") as log:
                log.write(f"automl: no checkpoint of epoch {until} yet: the trial runs on\n")
