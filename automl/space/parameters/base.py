"""The base of all searched parameters: name, origin of the range, condition of existence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from automl.errors import SpaceError
from automl.skill.schema.activation import Alternatives, to_json
from automl.skill.schema.relation import Relation
from automl.space.suggest import Suggest

Lookup = Callable[[str], Any]
"""The value of a dotted name in the draw so far, else in the base spec."""

ABSENT: Any = object()
"""What a parameter draws when it has no value (a milestone list in a budget of one epoch)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(ABC):
    """One searched leaf of the spec.

    ``default``: the base spec's value. ``source``: where the range comes from: ``default`` (derived
    from the legal bounds and the default), ``search`` (the schema says so) or ``range`` (the user
    does); ``reason`` says it in words. ``active_when``: the values of searched parameters under
    which it exists (:mod:`automl.skill.schema.activation`), None for always. ``depends_on``: names
    drawn before it. ``relations``: to searched parents.
    """

    kind: ClassVar[str]

    name: str
    default: Any = None
    source: str = "default"
    reason: str = ""
    active_when: Alternatives | None = None
    depends_on: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()

    @abstractmethod
    def draw(self, suggest: Suggest, lookup: Lookup) -> Any:
        """A legal value, from the answers of ``suggest``; ABSENT if there is none to draw."""

    @abstractmethod
    def encode(self, value: Any, lookup: Lookup) -> dict[str, Any]:
        """The answers, by suggestion name, for which :meth:`draw` returns ``value``.

        For a value out of range: those of the nearest legal one; for an unusable one: the middle.
        """

    @abstractmethod
    def shape(self) -> dict[str, Any]:
        """The JSON fields that only this kind has, by constructor argument."""

    def to_json(self) -> dict[str, Any]:
        """The parameter as plain JSON data, for :func:`automl.space.space.parameter_from_json`."""
        described = dict.fromkeys(("low", "high", "log", "step", "choices", "weights"))
        return {
            "name": self.name,
            "kind": self.kind,
            **described,
            **self.shape(),
            "active_when": to_json(self.active_when) if self.active_when else None,
            "depends_on": list(self.depends_on),
            "relations": [[r.parent, r.op, r.divisor] for r in self.relations],
            "default": self.default,
            "source": self.source,
            "reason": self.reason,
        }

    def fail(self, problem: str) -> SpaceError:
        """The error for a parameter that cannot be built."""
        return SpaceError(f"{self.name}: {problem}")


def common_fields(parameter: Parameter) -> dict[str, Any]:
    """The constructor arguments that every parameter has, of ``parameter``."""
    return {field.name: getattr(parameter, field.name) for field in fields(Parameter)}
