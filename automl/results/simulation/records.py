"""What finished runs recorded of their trials, as a surrogate learns from it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.constants import COL_GPUS, SE_SUFFIX, TrialState
from automl.trial.history import TrialHistory
from automl.trial.objective import Objective

LEAST: Final = 10
"""How many finished trials a surrogate needs: below, its spread is that of the guess alone."""


@dataclass(frozen=True)
class RecordedTraining:
    """One recorded training.

    Attributes:
        params: its configuration, dotted name -> value.
        value: the best that it reached; None where it failed.
        error: the standard error that its trainer reported with it, 0 without one.
        curve: epoch -> value, of all epochs that reported one.
        epochs: how many epochs it trained; seconds: how long it ran; gpus: how many it had.
        state: how it ended.
    """

    params: Mapping[str, Any]
    value: float | None
    error: float
    curve: Mapping[int, float]
    epochs: int
    seconds: float
    gpus: float
    state: str

    @property
    def finished(self) -> bool:
        """Whether it ran to its end and reached a value."""
        return self.state == TrialState.FINISHED and self.value is not None


def records_of(
    histories: Sequence[TrialHistory], rows: Sequence[Mapping[str, Any]], objective: Objective
) -> Iterator[RecordedTraining]:
    """Yield the trainings of a run that are over, those of a confirmation included.

    Args:
        histories: of its trials, in the order of ``rows``.
        rows: the trial table.
        objective: what the run optimises.
    """
    for history, row in zip(histories, rows, strict=True):
        if not history.is_over:
            continue
        yield RecordedTraining(
            params=history.start.params,
            value=None if history.state == TrialState.FAILED else _finite(row, objective.column),
            error=abs(_finite(row, objective.metric + SE_SUFFIX) or 0.0),
            curve={e: v for e, v in history.values(objective).items() if math.isfinite(v)},
            epochs=max((each.epoch for each in history.epochs), default=0),
            seconds=history.seconds,
            gpus=_finite(row, COL_GPUS) or 0.0,
            state=str(history.state),
        )


def _finite(row: Mapping[str, Any], column: str) -> float | None:
    value = row.get(column)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
