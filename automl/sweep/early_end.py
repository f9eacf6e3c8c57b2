"""When a sweep ends before its budget is spent."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ray.tune import Stopper

from automl.sweep.hooks import NotKept
from automl.sweep.last_epochs import LastEpochs
from automl.sweep.record import Recorder


class EarlyEnd(NotKept, Stopper):  # type: ignore[misc]
    """Ends the sweep when it is hopeless, was interrupted, or its time is over.

    Tune's own time budget goes by a clock that may jump.
    """

    def __init__(
        self,
        recorder: Recorder,
        last_epochs: LastEpochs,
        time_budget_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recorder = recorder
        self._last_epochs = last_epochs
        self._clock = clock
        self._ends = None if time_budget_s is None else clock() + time_budget_s

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is stopped here."""
        return False

    def stop_all(self) -> bool:
        """Whether the whole sweep ends now."""
        over = self._ends is not None and self._clock() > self._ends
        return over or bool(self._recorder.hopeless) or self._last_epochs.over
