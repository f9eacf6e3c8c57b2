"""Ends a sweep that is interrupted, out of time, or aborted by its recorder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from ray.tune import Callback, Stopper

from automl.sweep.callbacks import NotPickled
from automl.sweep.recorder import Recorder
from automl.sweep.workers.actor import KPI, NUMBER

LINGER_S: Final = 1.0  # time for a trial that reported its last epoch to return as finished


class GracefulInterrupt(NotPickled, Callback):  # type: ignore[misc]
    """Lets each running trial of an interrupted sweep finish its epoch.

    A resumed trial then goes on from the checkpoint of that epoch. A trial whose epoch takes longer
    than the grace period is stopped, and goes on from the checkpoint before.
    """

    def __init__(
        self,
        interrupted: threading.Event,
        grace_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interrupted = interrupted
        self._grace_s = grace_s
        self._clock = clock
        self._reported: set[int] = set()
        self._until: float | None = None

    @property
    def over(self) -> bool:
        """Whether the waiting is over."""
        return self._until is not None and self._clock() >= self._until

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """An epoch was reported."""
        if self._interrupted.is_set() and KPI in result:
            self._reported.add(trial.config[NUMBER])

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Check whether each trial that still runs has reported."""
        if not self._interrupted.is_set():
            return
        running = {trial.config[NUMBER] for trial in trials if trial.status == "RUNNING"}
        now = self._clock()
        if self._until is None:
            self._until = now + self._grace_s
        if not running:
            self._until = now
        elif running <= self._reported:
            self._until = min(self._until, now + LINGER_S)


class SweepStopper(NotPickled, Stopper):  # type: ignore[misc]
    """Tells Tune to end the sweep: out of time, aborted, or past an interrupt's grace period.

    Tune's own time budget uses a clock that may jump.
    """

    def __init__(
        self,
        recorder: Recorder,
        interrupt: GracefulInterrupt,
        time_budget_s: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._recorder = recorder
        self._interrupt = interrupt
        self._clock = clock
        self._ends = None if time_budget_s is None else clock() + time_budget_s

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is stopped here."""
        return False

    def stop_all(self) -> bool:
        """Whether the whole sweep ends now."""
        over = self._ends is not None and self._clock() > self._ends
        return over or bool(self._recorder.abort_reason) or self._interrupt.over
