"""How many trials run side by side, asked again while nodes of a cluster come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from automl.sweep.resources import Capacity, TrialResources

LOOK_EVERY_S: Final = 5.0


class Room:
    """The number of trials that may run now; never below one, so that a trial waits for a node."""

    def __init__(
        self,
        resources: TrialResources,
        capacity: Callable[[], Capacity],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``capacity`` says what the cluster has now; it is asked every few seconds."""
        self._resources = resources
        self._capacity = capacity
        self._clock = clock
        self._now = resources.concurrency
        self._looked = clock()

    def __call__(self) -> int:
        """Return the number."""
        if self._resources.cluster and self._clock() - self._looked >= LOOK_EVERY_S:
            self._looked = self._clock()
            self._now = max(1, self._limited(self._capacity().room_for(self._resources.demand)))
        return self._now

    def _limited(self, room: int) -> int:
        most = self._resources.most
        return room if most is None else min(room, most)
