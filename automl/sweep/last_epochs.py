"""The end of an interrupted sweep: trials end the epoch that they are in, if that is soon."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from ray.tune import Callback

from automl.sweep.hooks import KPI, NUMBER, NotKept
from automl.sweep.progress import Listener, Stopping

GRACE_S: Final = (
    15.0  # of the 30 s that a preempted node has; Ray's end and the tables need the rest
)


class LastEpochs(NotKept, Callback):  # type: ignore[misc]
    """Stops each trial after the first epoch that it reports once the sweep is interrupted.

    By then its trainer has written what it goes on from. A trial whose epoch takes longer than the
    grace period is stopped in the middle of it, and goes on from the checkpoint before.

    Attributes:
        stopped: the numbers of the trials that ended their epoch.
    """

    def __init__(
        self,
        interrupted: threading.Event,
        listener: Listener,
        grace_s: float = GRACE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``listener`` hears when the waiting begins."""
        self.stopped: set[int] = set()
        self._interrupted = interrupted
        self._listener = listener
        self._grace_s = grace_s
        self._clock = clock
        self._until: float | None = None
        self._over = False

    @property
    def over(self) -> bool:
        """Whether nothing is waited for any more."""
        return self._over

    def ends(self, result: dict[str, Any]) -> bool:
        """Whether the trial that reports ``result`` stops here."""
        if not self._interrupted.is_set() or KPI not in result:
            return False
        self.stopped.add(result["config"][NUMBER])
        return True

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Look whether a trial still runs, and for how long already that is waited for."""
        if not self._interrupted.is_set():
            return
        running = any(trial.status == "RUNNING" for trial in trials)
        if self._until is None:
            self._until = self._clock() + self._grace_s
            if running:
                self._listener(Stopping(self._grace_s))
        self._over = not running or self._clock() >= self._until
