"""Searched milestones: sorted, distinct positions inside a budget, such as epochs of rate drops.

The first milestone is drawn as a fraction of the budget, each further one as a fraction of the
remaining epochs, so every draw is legal whatever the budget of the trial is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from automl.skill.schema.numbers import is_finite
from automl.space.parameters.base import ABSENT, Lookup, Parameter
from automl.space.suggest import Suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestones(Parameter):
    """``length`` sorted, distinct ints within ``low`` .. budget - 1, fewer if they do not fit.

    ``budget_key`` names the spec key of the budget; ``budget`` is its value where the base spec
    holds no number. ``limit``: the highest legal milestone, whatever the budget.
    """

    kind: ClassVar[str] = "milestones"

    length: int
    budget_key: str
    budget: int
    low: int = 1
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.length < 1 or self.low < 0:
            raise self.fail("needs at least one milestone, none below 0")
        if self._positions(self.budget) < 1:
            raise self.fail(f"a budget of {self.budget} leaves no room for a milestone")

    def shape(self) -> dict[str, Any]:
        """The JSON fields of the list; ``high`` is the last position in the known budget."""
        return {
            "low": self.low,
            "high": self._last(self.budget),
            "length": self.length,
            "budget_key": self.budget_key,
            "budget": self.budget,
            "limit": self.limit,
        }

    def draw(self, suggest: Suggest, lookup: Lookup) -> Any:
        """A list of ints; ABSENT when the budget holds none."""
        last = self._last(self._budget(lookup))
        count = min(self.length, last - self.low + 1)
        if count < 1:
            return ABSENT
        drawn: list[int] = []
        low = self.low
        for index in range(count):
            high = last - (count - 1 - index)
            fraction = suggest.number(f"{self.name}[{index}]", 0.0, 1.0)
            low = min(low + int(fraction * (high - low + 1)), high) + 1
            drawn.append(low - 1)
        return drawn

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The fractions that give ``value``, moved into the budget where it does not fit."""
        last = self._last(self._budget(lookup))
        count = min(self.length, last - self.low + 1)
        wanted = sorted({int(item) for item in value if is_finite(item)}) if _is_list(value) else []
        answers: dict[str, Any] = {}
        low = self.low
        for index in range(count):
            high = last - (count - 1 - index)
            middle = low + (high - low) // 2
            at = min(max(wanted[index] if index < len(wanted) else middle, low), high)
            answers[f"{self.name}[{index}]"] = (at - low + 0.5) / (high - low + 1)
            low = at + 1
        return answers

    def _budget(self, lookup: Lookup) -> int:
        value = lookup(self.budget_key)
        return int(value) if is_finite(value) else self.budget

    def _last(self, budget: int) -> int:
        return budget - 1 if self.limit is None else min(budget - 1, self.limit)

    def _positions(self, budget: int) -> int:
        return self._last(budget) - self.low + 1


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
