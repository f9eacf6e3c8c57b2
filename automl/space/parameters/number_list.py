"""A searched list of numbers of fixed length, such as a (min, max) pair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from automl.space.parameters.base import Lookup, Parameter
from automl.space.parameters.numeric import Float, Integer
from automl.space.suggest import Suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberList(Parameter):
    """One number for each of ``elements``, whose names are ``<name>[0]``, ``<name>[1]`` ...

    ``ascending``: no number is below the one before it (each is raised to it where it would be),
    for which the elements' ends must not fall.
    """

    kind: ClassVar[str] = "list"

    elements: tuple[Float | Integer, ...]
    ascending: bool = False

    def __post_init__(self) -> None:
        if not self.elements:
            raise self.fail("needs at least one element")
        highs = [element.high for element in self.elements]
        if self.ascending and highs != sorted(highs):
            raise self.fail("the elements' high ends must not fall")

    def shape(self) -> dict[str, Any]:
        """The elements' JSON; low, high, log and step are lists, one entry for each element."""
        return {
            "low": [element.low for element in self.elements],
            "high": [element.high for element in self.elements],
            "log": [element.log for element in self.elements],
            "step": [element.step for element in self.elements],
            "elements": [element.kind for element in self.elements],
            "ascending": self.ascending,
        }

    def draw(self, suggest: Suggest, lookup: Lookup) -> list[float]:
        """One number for each element."""
        drawn: list[float] = []
        for element in self.elements:
            value: float = element.draw(suggest, lookup)
            drawn.append(max(value, drawn[-1]) if drawn and self.ascending else value)
        return drawn

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The numbers themselves; the middle where the list is too short."""
        given = list(value) if isinstance(value, list | tuple) else []
        answers: dict[str, Any] = {}
        for index, element in enumerate(self.elements):
            answers.update(element.encode(given[index] if index < len(given) else None, lookup))
        return answers
