"""When a sweep should stop early: its trials keep failing for one and the same cause."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field
from typing import Final

from automl.trial.fault import Cause

FIRST: Final = 3
LAST: Final = 10


@dataclass
class Hope:
    """Counts how trials end; causes that differ in numbers only are one cause."""

    _ended: int = 0
    _failed: list[str] = field(default_factory=list)
    _last: deque[str | None] = field(default_factory=lambda: deque(maxlen=LAST))

    def judge(self, cause: Cause | None) -> str:
        """Count one trial's end, ``cause`` None unless it failed; return why to stop, or nothing.

        A sweep is hopeless when its first three trials all fail with one cause, or more than half
        of its last ten do.
        """
        self._ended += 1
        self._last.append(cause.key if cause else None)
        if cause is None:
            return ""
        self._failed.append(cause.key)
        if self._ended == len(self._failed) >= FIRST and len(set(self._failed)) == 1:
            return f"the first {self._ended} trials all failed: {cause.reason}"
        count = Counter(self._last)[cause.key]
        if len(self._last) == LAST and count > LAST / 2:
            return f"{count} of the last {LAST} trials failed: {cause.reason}"
        return ""
