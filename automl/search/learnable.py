"""Metrics as samplers learn from them: finite, and small enough to be squared and added up."""

from __future__ import annotations

import math
import sys
from typing import Final

BOUND: Final = 1e30
"""A larger magnitude only says that training failed or that a sentinel (1.797e308) was reported.

Samplers square metrics, add them up, divide by their spread, and multiply those of several
objectives: up to 1e30 with nine objectives none of this leaves the range of a float (1.8e308).
"""


def learnable(value: float | None) -> float | None:
    """Return what a sampler is told of a metric; None for None and NaN, which teach nothing.

    What lies beyond :data:`BOUND` is compressed logarithmically, so that samplers see trials
    in their true order. The ledger and the tables keep the true value.
    """
    if value is None or math.isnan(value):
        return None
    size = min(abs(value), sys.float_info.max)
    if size <= BOUND:
        return float(value)
    return math.copysign(BOUND * (1 + math.log10(size / BOUND)), value)
