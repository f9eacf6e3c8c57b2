"""A searched subset: any selection of the options of a list, in their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from automl.space.parameters.base import Lookup, Parameter
from automl.space.suggest import Suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset(Parameter):
    """A selection of ``options`` with ``least`` to ``most`` members, each one yes or no.

    An option whose answer is forced is not suggested: all remaining ones are needed for
    ``least``, or ``most`` are selected already.
    """

    kind: ClassVar[str] = "subset"

    options: tuple[Any, ...]
    least: int = 0
    most: int

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.most <= len(self.options) or not self.options:
            raise self.fail(f"cannot hold {self.least} to {self.most} of {len(self.options)}")

    def shape(self) -> dict[str, Any]:
        """The JSON fields; ``choices`` are the options, low and high the size."""
        return {
            "low": self.least,
            "high": self.most,
            "choices": list(self.options),
        }

    def draw(self, suggest: Suggest, lookup: Lookup) -> list[Any]:
        """The selected options, in the order of ``options``."""
        taken: list[Any] = []
        for index, option in enumerate(self.options):
            forced = self._forced(index, len(taken))
            if suggest.choice(self._key(index), (False, True)) if forced is None else forced:
                taken.append(option)
        return taken

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """One answer for each option that is suggested."""
        members = list(value) if isinstance(value, list | tuple) else []
        return dict(self._answers(members))

    def _answers(self, members: list[Any]) -> Iterator[tuple[str, bool]]:
        taken = 0
        for index, option in enumerate(self.options):
            forced = self._forced(index, taken)
            wanted = any(option == m and type(option) is type(m) for m in members)
            if forced is None:
                yield self._key(index), wanted
            taken += wanted if forced is None else forced

    def _forced(self, index: int, taken: int) -> bool | None:
        if taken >= self.most:
            return False
        return True if self.least - taken >= len(self.options) - index else None

    def _key(self, index: int) -> str:
        """The suggestion's name: the option's text, as JSON where two options read the same."""
        texts = [str(option) for option in self.options]
        plain = texts.count(texts[index]) == 1
        return f"{self.name}[{texts[index] if plain else json.dumps(self.options[index])}]"
