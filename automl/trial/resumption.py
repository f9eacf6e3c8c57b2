"""Detects that a resumed trial skips an epoch whose report was lost with the driver.

A trainer saves an epoch's checkpoint and then reports the epoch. A driver that dies in between has
the checkpoint alone, and the trainer, which goes on from it, never reports that epoch again. Which
checkpoint that is, its name does not tell: one may also be from the middle of an epoch. What the
trainer reports first does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from automl.spec.checkpoints import checkpoint_files, epoch_of
from automl.spec.nested import get_path
from automl.trial.files.checkpoints import is_whole
from automl.trial.job import TrialJob
from automl.trial.metric_watch import MetricWatch


@dataclass(frozen=True)
class Resumption:
    """How a trial resumes.

    Attributes:
        checkpoint: the epoch in the name of its own checkpoint, -1 for a name without one; None
            where it begins with nothing of its own.
        reached: the last epoch that it has reported, 0 for none.
        step: how many epochs lie between its reports, None where that is not known.
        older: whether it has a checkpoint of an epoch up to ``reached``.
        epochs: how many it trains, None where that is not known.
        has_lost: whether a report is lost. True until :meth:`ended` decides, so also for a trainer
            that :class:`automl.trial.metric_watch.ReportLost` stopped.
    """

    checkpoint: int | None
    reached: int
    step: int | None
    older: bool
    epochs: int | None
    has_lost: bool = True

    @property
    def due(self) -> int:
        """The next epoch that must be reported.

        A checkpoint of this epoch or a later one would skip that report.
        """
        return self.reached + (self.step or 1)

    def is_lost(self, first: int) -> bool:
        """Whether a report is lost, where the first epoch that is reported is ``first``.

        Where the step is not known, one is if the trainer reports the epoch after the checkpoint.
        A trainer that never reported may do so at its end alone.
        """
        if not self._is_ahead:
            return False
        if self.step is not None:
            return first > self.due
        at_end = not self.reached and first == self.epochs and self.checkpoint != 1
        return self.checkpoint is not None and first == self.checkpoint + 1 and not at_end

    def ended(self, seen: MetricWatch, *, needs_metric: bool) -> Resumption:
        """Return a copy with :attr:`has_lost` decided, once the trainer has ended well.

        A report is lost where the trainer had nothing left to report.
        """
        silent = bool(self.reached) and seen.last_epoch < self.due and self._is_ahead
        never = self.checkpoint is not None and needs_metric and not seen.is_complete
        return replace(self, has_lost=silent or never)

    @property
    def _is_ahead(self) -> bool:
        """Whether the trial resumes from a checkpoint past the next report due.

        False where it could not start earlier.
        """
        ahead = self.checkpoint is not None and self.checkpoint >= self.due
        return ahead and (self.older or not self.reached)


def resumption(
    job: TrialJob, folder: Path, spec: Mapping[str, Any], seen: MetricWatch
) -> Resumption:
    """Return how the trial in ``folder`` goes on with ``spec``, by what ``seen`` knows of it."""
    epochs = get_path(spec, job.epochs_key, None) if job.epochs_key else None
    files = (path for path in checkpoint_files(folder) if 0 <= epoch_of(path) <= seen.last_epoch)
    return Resumption(
        checkpoint=_own_epoch(job, folder, spec),
        reached=seen.last_epoch,
        step=seen.step,
        older=any(map(is_whole, files)),
        epochs=epochs if type(epochs) is int else None,
    )


def _own_epoch(job: TrialJob, folder: Path, spec: Mapping[str, Any]) -> int | None:
    """The epoch of the trial's own checkpoint that the spec names; None for another's, or none."""
    named = get_path(spec, job.resume_keys[0], None) if job.resume_keys else None
    checkpoint = Path(str(named or ""))
    return epoch_of(checkpoint) if folder in checkpoint.parents else None
