"""What a study or a population proposes: one trial to run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Suggestion:
    """One trial to run: its ticket (the number of Optuna's trial), its source, its parameters.

    ``parent`` and ``until`` come from a population: the trial to continue from, the last epoch.
    ``changed`` are spec values that override its parameters.
    """

    ticket: int
    source: str
    values: dict[str, Any]
    parent: int | None = None
    until: int | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
