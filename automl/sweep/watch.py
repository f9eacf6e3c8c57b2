"""Which running trials broke a limit, told by the driver's own clock (it never jumps)."""

from __future__ import annotations

from dataclasses import dataclass, field

from automl.trial.limits import Limits


@dataclass
class Watch:
    """When each running trial began and last reported; times are those of ``time.monotonic``."""

    limits: Limits
    _begun: dict[int, float] = field(default_factory=dict)
    _heard: dict[int, float] = field(default_factory=dict)

    def begun(self, number: int, now: float) -> None:
        """Trial ``number`` runs from now on."""
        self._begun[number] = self._heard[number] = now

    def heard(self, number: int, now: float) -> None:
        """Trial ``number`` reported something."""
        self._heard[number] = now

    def ended(self, number: int) -> None:
        """Trial ``number`` runs no more."""
        self._begun.pop(number, None)
        self._heard.pop(number, None)

    def overdue(self, now: float) -> dict[int, str]:
        """Return the running trials that broke a limit, number -> which, in words."""
        found = {
            number: self.limits.broken(now - begun, now - self._heard[number])
            for number, begun in self._begun.items()
        }
        return {number: words for number, words in found.items() if words}
