"""Resumes in the middle of an epoch although ``train.accumulate`` has changed since the checkpoint.

A trial that runs out of memory starts again with ``train.accumulate`` doubled. Its batches stay the
same, so a checkpoint from the middle of an epoch can be used once its counts of micro-batches are
converted.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from reid_model.models.weights.checkpoint import INFO_KEY

STEP_LOSSES = "step_losses"


def recount_micro_batches(checkpoint: dict[str, Any], accumulate: int) -> None:
    """Convert a checkpoint's unfinished epoch to ``accumulate`` micro-batches for each batch done.

    That is Lightning's progress, and the losses of the micro-batches, each a batch's mean then.
    """
    info = checkpoint[INFO_KEY]
    done, before = info["batches_done"], info["spec"]["train"]["accumulate"]
    if not done or accumulate == before:
        return
    progress = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]
    for counts in (progress["current"], progress["total"]):
        more = done * (accumulate - before)
        counts.update({name: count + more for name, count in counts.items()})
    checkpoint[STEP_LOSSES] = _spread(checkpoint[STEP_LOSSES], before, accumulate)


def _spread(losses: Sequence[float], before: int, accumulate: int) -> list[float]:
    """The mean of each ``before`` losses in turn, ``accumulate`` times."""
    means = [fmean(losses[i : i + before]) for i in range(0, len(losses), before)]
    return [mean for mean in means for _ in range(accumulate)]
