"""How long a trial has run when its first epoch is reported, told along with that epoch.

The driver's clock of a trial begins with its worker's start: on a loaded machine 20 seconds of
imports, of which a worker's later trials need none. As train_time_s that would punish the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

RAN: Final = "ran_s"


class RunTime:
    """Counts, inside a trial's worker, the seconds from the trial's begin to its first report."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds."""
        self._clock = clock
        self._began: float | None = None

    def begin(self) -> None:
        """The worker is ready: from here on the time is the trial's."""
        self._began = self._clock()

    def first_told(self) -> dict[str, float]:
        """Return the seconds since the begin the first time, nothing after that."""
        if self._began is None:
            return {}
        began, self._began = self._began, None
        return {RAN: self._clock() - began}
