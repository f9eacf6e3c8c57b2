"""How long a trial may run, and how long it may say nothing."""

from __future__ import annotations

from dataclasses import dataclass

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
