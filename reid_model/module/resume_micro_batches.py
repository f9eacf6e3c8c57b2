"""Goes on inside an epoch whose batches were computed in another number of parts before.

A trial that runs out of memory starts again with ``train.accumulate`` doubled. Its batches stay the
same, so a checkpoint from the middle of an epoch serves once what counts parts is counted anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from reid_model.models.weights.checkpoint import INFO_KEY

STEP_LOSSES = "step_losses"


def recount_micro_batches(checkpoint: dict[str, Any], parts: int) -> None:
    """Count the batches done in a checkpoint's unfinished epoch in ``parts``, as the spec says now.

    That is Lightning's progress, and the losses of the parts, of which a batch's mean is kept.
    """
    info = checkpoint[INFO_KEY]
    done, before = info["batches_done"], info["spec"]["train"]["accumulate"]
    if not done or parts == before:
        return
    progress = checkpoint["loops"]["fit_loop"]["epoch_loop.batch_progress"]
    for counts in (progress["current"], progress["total"]):
        counts.update({name: count + done * (parts - before) for name, count in counts.items()})
    checkpoint[STEP_LOSSES] = _in_parts(checkpoint[STEP_LOSSES], before, parts)


def _in_parts(losses: Sequence[float], before: int, parts: int) -> list[float]:
    """The mean of each ``before`` losses in turn, ``parts`` times."""
    means = [fmean(losses[i : i + before]) for i in range(0, len(losses), before)]
    return [mean for mean in means for _ in range(parts)]
