"""A searched choice: one of a few values, perhaps ordered, perhaps with prior weights."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from automl.skill.schema.activation import Alternatives, holds, to_json
from automl.skill.schema.numbers import is_finite, is_number
from automl.space.parameters.base import Lookup, Parameter
from automl.space.suggest import Scalar, Suggest


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Parameter):
    """One of ``choices``, which may be of any JSON type.

    ``weights``: prior probabilities, positive, summing to 1. ``ordered``: neighbours are alike;
    without weights the sampler then suggests a position, so that it can use the order. Of values
    that a sampler cannot hold or tell apart (lists, ``1`` beside ``true``) it suggests the JSON
    text. ``options_when``: option, as text, -> the values of searched parameters under which it
    exists; others always do, and so do all where none would.
    """

    kind: ClassVar[str] = "choice"

    choices: tuple[Any, ...]
    weights: tuple[float, ...] | None = None
    ordered: bool = False
    options_when: tuple[tuple[str, Alternatives], ...] = ()

    def __post_init__(self) -> None:
        if len(self.choices) < 2:
            raise self.fail(f"needs at least two choices, has {list(self.choices)!r}")
        if len(set(map(_label, self.choices))) < len(self.choices):
            raise self.fail(f"has a choice twice: {list(self.choices)!r}")
        if self.weights is not None:
            self._check_weights(self.weights)

    def _check_weights(self, weights: tuple[float, ...]) -> None:
        if len(weights) != len(self.choices):
            raise self.fail(f"needs {len(self.choices)} weights, has {len(weights)}")
        if not all(0 < weight <= 1 for weight in weights) or not math.isclose(sum(weights), 1):
            raise self.fail(f"weights must be positive and sum to 1, are {list(weights)}")

    def shape(self) -> dict[str, Any]:
        """The choices' JSON fields; the ends of an ordered choice of numbers as low and high."""
        numbers = self.ordered and all(map(is_number, self.choices))
        return {
            "low": min(self.choices) if numbers else None,
            "high": max(self.choices) if numbers else None,
            "choices": list(self.choices),
            "weights": list(self.weights) if self.weights else None,
            "ordered": self.ordered,
            **self._conditions_as_json(),
        }

    def _conditions_as_json(self) -> dict[str, Any]:
        pairs = [[option, to_json(when)] for option, when in self.options_when]
        return {"options_when": pairs} if pairs else {}

    def draw(self, suggest: Suggest, lookup: Lookup) -> Any:
        """One of the choices that the parents leave."""
        if self.relations or self.options_when:
            left = self.legal(lookup)
            if not left:
                raise self.fail(f"no choice is left by {', '.join(map(str, self.relations))}")
            fraction = suggest.number(self.name, 0.0, 1.0)
            return _copy(left[min(int(fraction * len(left)), len(left) - 1)])
        if self._by_position:
            return self.choices[int(suggest.integer(self.name, 0, len(self.choices) - 1))]
        asked = self._sampler_choices()
        return _copy(self.choices[_index(asked, suggest.choice(self.name, asked, self.weights))])

    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The value, its position or its JSON text, as the sampler suggests it."""
        if self.relations or self.options_when:
            left = self.legal(lookup)
            return {self.name: (self._nearest(value, left) + 0.5) / len(left) if left else 0.5}
        position = self._nearest(value, self.choices)
        return {self.name: position if self._by_position else self._sampler_choices()[position]}

    def legal(self, lookup: Lookup) -> list[Any]:
        """The choices that the drawn parents leave."""
        parents = [(r, lookup(r.parent)) for r in self.relations]
        bound = [(r, value) for r, value in parents if is_number(value)]
        return [
            choice
            for choice in self._existing(lookup)
            if not is_number(choice) or all(r.holds(choice, value) for r, value in bound)
        ]

    def _existing(self, lookup: Lookup) -> Sequence[Any]:
        """The choices whose condition holds; all where none does."""
        conditions = dict(self.options_when)
        found = [c for c in self.choices if holds(conditions.get(str(c), ()), lookup)]
        return found or self.choices

    @property
    def _by_position(self) -> bool:
        return self.ordered and self.weights is None and len(self.choices) > 2

    def _sampler_choices(self) -> tuple[Scalar, ...]:
        scalar = all(isinstance(choice, Scalar) for choice in self.choices)
        if scalar and len(set(self.choices)) == len(self.choices):
            return self.choices
        return tuple(map(_label, self.choices))

    def _nearest(self, value: Any, choices: Any) -> int:
        """The position of ``value``, else of the nearest number, else of the first choice."""
        labels = [_label(choice) for choice in choices]
        if _label(value) in labels:
            return labels.index(_label(value))
        if is_finite(value) and all(map(is_number, choices)):
            return min(range(len(choices)), key=lambda i: abs(choices[i] - value))
        return 0


def _label(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same: ``1``, ``1.0`` and ``true`` are three values."""
    return _label(one) == _label(other)


def _index(asked: tuple[Scalar, ...], answer: Any) -> int:
    for index, value in enumerate(asked):
        if value is answer or (type(value) is type(answer) and value == answer):
            return index
    return asked.index(answer)


def _copy(value: Any) -> Any:
    return json.loads(_label(value)) if isinstance(value, list | dict) else value
