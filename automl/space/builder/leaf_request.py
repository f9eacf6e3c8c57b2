"""The input for making one parameter: the leaf, its base value, and the user's options for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automl.skill import Bounds, Leaf, Relation
from automl.skill.schema.activation import Alternatives
from automl.space.budget import Budget
from automl.space.builder.leaf_options import LeafOptions


@dataclass(frozen=True, slots=True)
class LeafRequest:
    """The leaf to make a parameter of, with its base ``value``.

    ``bounds``: the leaf's, cut by parents that are not searched. ``relations``: to searched
    parents. ``depends_on``: searched names to draw before it. ``options_when``: conditions of
    options that draws decide.
    """

    leaf: Leaf
    value: Any
    bounds: Bounds
    options: LeafOptions
    budget: Budget | None
    active_when: Alternatives | None = None
    depends_on: tuple[str, ...] = ()
    relations: tuple[Relation, ...] = ()
    options_when: tuple[tuple[str, Alternatives], ...] = ()
    warn: Callable[[str], None] = lambda text: None

    def common(self, source: str = "default", reason: str = "") -> dict[str, Any]:
        """The constructor arguments that every parameter has."""
        return {
            "name": self.leaf.name,
            "default": None if self.value != self.value else self.value,  # JSON has no NaN
            "source": source,
            "reason": reason,
            "active_when": self.active_when,
            "depends_on": self.depends_on,
            "relations": self.relations,
        }
