"""The learning rate over a run, as a pure function of the epochs passed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class RateSchedule:
    """Warm-up, then milestones or a cosine; every length is in epochs, fractions included."""

    method: str
    warmup: float
    warmup_factor: float
    milestones: Sequence[int]
    gamma: float
    num_epochs: int
    flat_until: float = 0.0
    final: float = 0.0

    def factor(self, epoch: float) -> float:
        """The rate relative to the base rate after ``epoch`` epochs (0 at the first step).

        Multi-step: the rate falls by ``gamma`` once each milestone's epochs have passed. Cosine:
        from the base rate at the end of a linear warm-up, or at ``flat_until`` if that is
        later, down to ``final`` at ``num_epochs``.
        """
        if epoch < self.warmup:
            return self._rising(epoch / self.warmup)
        if self.method == "cosine":
            start = max(self.warmup, self.flat_until)
            passed = (epoch - start) / max(self.num_epochs - start, 1e-9)
            fallen = 0.5 * (1.0 - math.cos(math.pi * min(max(passed, 0.0), 1.0)))
            return 1.0 + (self.final - 1.0) * fallen
        return self._stepped(epoch)

    def _rising(self, share: float) -> float:
        stepped = 1.0 if self.method == "cosine" else self._stepped(share * self.warmup)
        if self.method == "constant":
            return stepped * self.warmup_factor
        if self.method == "exp":
            return stepped * float(self.warmup_factor ** (1.0 - share))
        return stepped * (self.warmup_factor + (1.0 - self.warmup_factor) * share)

    def _stepped(self, epoch: float) -> float:
        return float(self.gamma ** sum(milestone <= epoch for milestone in self.milestones))
