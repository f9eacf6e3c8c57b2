"""Which failed trials run again, and with which change of their spec.

A trial with a transient fault (a lost worker, a storage error) runs again unchanged. A trial that
ran out of memory runs again with twice the gradient accumulation: the effective batch stays the
same and is computed in twice as many micro-batches, each of which needs about half the memory. That
is the same configuration, so it stays the same trial. The spec key of the number of accumulation
steps is the skill's (``memory: accumulate_key`` of its skill_info.yaml).
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
    """Counts how often each trial ran again after a transient fault.

    Attributes:
        limit: how often a trial may.
        used: how often each trial did, by number.
    """

    limit: int = 1
    used: Counter[int] = field(default_factory=Counter)

    def use(self, number: int, fault: str) -> bool:
        """Return whether trial ``number`` runs again after ``fault``, and count it if so."""
        allowed = fault in TRANSIENT and self.used[number] < self.limit
        self.used[number] += allowed
        return allowed


@dataclass
class OomRetries:
    """Doubles a trial's micro-batches (gradient accumulation) each time it runs out of memory.

    Attributes:
        key: the spec key of the number of accumulation steps, None where the skill has none.
        limit: how often a trial may run again after it ran out of memory.
        base: the number of accumulation steps in the spec.
    """

    key: str | None = None
    limit: int = 0
    base: int = 1
    _first: dict[int, int] = field(default_factory=dict)
    _now: dict[int, int] = field(default_factory=dict)
    _causes: dict[int, Cause] = field(default_factory=dict)

    def use(self, number: int, cause: Cause) -> Mapping[str, Any]:
        """Return the spec change with which a trial runs again after ``cause``; empty for none."""
        out_of_memory = cause.fault == Fault.OUT_OF_MEMORY
        if not out_of_memory or self.key is None or self.count(number) >= self.limit:
            return {}
        now = self._now.get(number, self._initial_steps(number))
        self._now[number], self._causes[number] = 2 * now, cause
        return {self.key: 2 * now}

    def root_cause(self, number: int, cause: Cause | None) -> Cause | None:
        """Return why a trial failed; a batch that cannot be split further still lacks memory.

        A trainer refuses such a split as bad data, so the first failure is the cause.
        """
        first = self._causes.get(number)
        if cause is None or first is None or cause.fault != Fault.DATA:
            return cause
        return replace(first, reason=f"{first.reason}; with more parts: {cause.reason}")

    def count(self, number: int) -> int:
        """Return how often trial ``number`` ran again with more accumulation steps."""
        first = self._initial_steps(number)
        return (self._now.get(number, first) // first).bit_length() - 1

    def note_start(self, number: int, changed: Mapping[str, Any]) -> None:
        """Note the steps that trial ``number`` starts with, if ``changed`` differs from the spec.

        A trial that confirms another one starts with the accumulation that the other one needed.
        """
        if self.key is not None and self.key in changed:
            self._first[number] = int(changed[self.key])

    def restore(self, number: int, changed: Mapping[str, Any], cause: Cause | None) -> None:
        """Note what an earlier session changed for trial ``number``, and after which failure."""
        if self.key is not None and self.key in changed:
            self._now[number] = int(changed[self.key])
            if cause is not None:
                self._causes[number] = cause

    def _initial_steps(self, number: int) -> int:
        return self._first.get(number, self.base)
