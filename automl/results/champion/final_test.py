"""How a sweep's champion is measured at the end, on data that selected nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FinalTest:
    """What a sweep's plan says of the final test of champion and defaults.

    Attributes:
        action: the skill's action that measures both; None where there is no such test.
        share: of the training data, what is held out for validation; 0 for none.
        reason: why that share, in words; empty for a skill without a holdout.
        refit: whether both are trained again on all training data before.
        data: the user's data roots of the test alone, ``default`` and ``named``; None for none.
        note: why there is no test, or what it lacks; empty otherwise.
    """

    action: str | None
    share: float = 0.0
    reason: str = ""
    refit: bool = False
    data: Mapping[str, Any] | None = None
    note: str = ""


def final_test_of(plan: Mapping[str, Any]) -> FinalTest | None:
    """Return the final test of a written plan; None for a direct run and for earlier versions."""
    section = plan.get("final")
    return FinalTest(**section) if section else None


def has_final_test(plan: Mapping[str, Any]) -> bool:
    """Return whether the run of a written plan ends with a final test."""
    found = final_test_of(plan)
    return found is not None and found.action is not None
