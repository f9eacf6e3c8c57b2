"""Which failed trials run again: those whose fault passes, as often as is allowed.

Trials that ran out of memory run again with each batch in parts, where the skill can do that.

The same effective batch in twice as many parts needs about half the memory for what a batch needs.
It is the same configuration, so it stays the same trial; the spec key that says the number of parts
is the skill's (``memory: accumulate_key`` of its skill_info.yaml).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from automl.constants import Fault
from automl.trial.faults import TRANSIENT, Cause


@dataclass
class Retries:
    """How often each trial was given another go; a deterministic fault never is."""

    limit: int = 1
    used: Counter[int] = field(default_factory=Counter)

    def grant(self, number: int, fault: str) -> bool:
        """Return whether trial ``number`` runs again after ``fault``, and count it."""
        granted = fault in TRANSIENT and self.used[number] < self.limit
        self.used[number] += granted
        return granted


@dataclass
class OomRetries:
    """In how many parts each trial computes its batches, and how often that may be doubled.

    Attributes:
        key: the spec key of the number of parts, None where the skill has none.
        limit: how often a trial may run again for want of memory.
        base: the number of parts that the spec says.
    """

    key: str | None = None
    limit: int = 0
    base: int = 1
    _first: dict[int, int] = field(default_factory=dict)
    _of: dict[int, int] = field(default_factory=dict)
    _causes: dict[int, Cause] = field(default_factory=dict)

    def grant(self, number: int, cause: Cause) -> Mapping[str, Any]:
        """Return the spec change with which a trial runs again after ``cause``; empty for none."""
        short = cause.fault == Fault.OUT_OF_MEMORY
        if not short or self.key is None or self.goes(number) >= self.limit:
            return {}
        now = self._of.get(number, self._begun(number))
        self._of[number], self._causes[number] = 2 * now, cause
        return {self.key: 2 * now}

    def explained(self, number: int, cause: Cause | None) -> Cause | None:
        """Return why a trial failed: one whose batch has no more parts still lacks memory."""
        first = self._causes.get(number)
        if cause is None or first is None or cause.fault != Fault.DATA:
            return cause
        return replace(first, reason=f"{first.reason}; with more parts: {cause.reason}")

    def goes(self, number: int) -> int:
        """Return how often trial ``number`` was granted another go."""
        first = self._begun(number)
        return (self._of.get(number, first) // first).bit_length() - 1

    def begin(self, number: int, changed: Mapping[str, Any]) -> None:
        """Know in how many parts trial ``number`` runs first, where not as the spec says."""
        if self.key is not None and self.key in changed:
            self._first[number] = int(changed[self.key])

    def _begun(self, number: int) -> int:
        return self._first.get(number, self.base)

    def take_over(self, number: int, changed: Mapping[str, Any], cause: Cause | None) -> None:
        """Know what a dead driver granted trial ``number``, and after which cause."""
        if self.key is not None and self.key in changed:
            self._of[number] = int(changed[self.key])
            if cause is not None:
                self._causes[number] = cause
