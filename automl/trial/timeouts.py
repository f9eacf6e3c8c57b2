"""The time limits of a trial: in all, and without a report; and which trials exceed them."""

from __future__ import annotations

from dataclasses import dataclass, field

from automl.constants import Fault
from automl.errors import TrialError


@dataclass(frozen=True)
class Limits:
    """Seconds that a trial may take in all and between two reports; None for no limit."""

    trial_s: float | None = None
    stall_s: float | None = None

    def broken(self, running_s: float, silent_s: float) -> str:
        """Return which limit a trial broke, in words; empty while it keeps both."""
        if self.trial_s is not None and running_s > self.trial_s:
            return f"ran longer than --trial-timeout {self.trial_s:g} s"
        if self.stall_s is not None and silent_s > self.stall_s:
            return f"reported nothing for --stall-timeout {self.stall_s:g} s"
        return ""

    def check(self, running_s: float, silent_s: float) -> None:
        """Raise TrialError if the trial broke a limit."""
        if words := self.broken(running_s, silent_s):
            raise TrialError(words, fault=Fault.TIMEOUT)


@dataclass
class TimeoutWatch:
    """Notes when each running trial started and last reported, to find those that break a limit.

    Times are those of ``time.monotonic``, which never jumps.
    """

    limits: Limits
    _started: dict[int, float] = field(default_factory=dict)
    _reported: dict[int, float] = field(default_factory=dict)

    def started(self, number: int, now: float) -> None:
        """Note that trial ``number`` runs from now on."""
        self._started[number] = self._reported[number] = now

    def reported(self, number: int, now: float) -> None:
        """Note that trial ``number`` reported something."""
        self._reported[number] = now

    def ended(self, number: int) -> None:
        """Forget trial ``number``, which runs no more."""
        self._started.pop(number, None)
        self._reported.pop(number, None)

    def overdue(self, now: float) -> dict[int, str]:
        """Return the running trials that broke a limit, number -> which, in words."""
        found = {
            number: self.limits.broken(now - started, now - self._reported[number])
            for number, started in self._started.items()
        }
        return {number: words for number, words in found.items() if words}
