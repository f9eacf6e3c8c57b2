"""How many epochs a trial trained, by the numbers of those that it reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill.schema.numbers import is_finite
from automl.space.budget import EPOCHS
from automl.spec.nested import flatten
from automl.trial.history import TrialHistory


def epochs_trained(history: TrialHistory, spec: Mapping[str, Any]) -> int:
    """Return the epochs of a trial; a trainer that counts from 0 trained one more than its last.

    ``spec``: the run's. Where the last epoch is its budget already, epoch 0 was before the
    training, and the trainer counts from 1.
    """
    if not history.epochs:
        return 0
    last = int(history.epochs[-1].epoch)
    if not _counts_from_0([int(each.epoch) for each in history.epochs]):
        return last
    known = {**flatten(spec), **history.start.params}
    budget = max((v for k, v in known.items() if EPOCHS.search(k) and is_finite(v)), default=None)
    return last if budget is not None and last >= budget else last + 1


def _counts_from_0(epochs: list[int]) -> bool:
    """Whether epochs are numbered from 0: 0, 1, 2, or 9, 19, 24 where every tenth is reported."""
    if epochs[0] == 0:
        return True
    step = epochs[1] - epochs[0] if len(epochs) > 1 else 0
    return step > 1 and all((epoch + 1) % step == 0 for epoch in epochs[:2])
