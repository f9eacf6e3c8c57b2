"""A schema's leaf: one parameter of the spec and all that the schema says of its values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from automl.skill.schema.annotations import NONE, Annotations
from automl.skill.schema.bounds import Bounds
from automl.skill.schema.relation import Relation


class LeafKind(Enum):
    """The kind of a leaf's values; ``ANY``: the type is unknown."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STRING = "string"
    CHOICE = "choice"
    SUBSET = "subset"
    MILESTONES = "milestones"
    NUMBERS = "numbers"
    LIST = "list"
    DICT = "dict"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Leaf:
    """One parameter.

    ``type_word``: its type; ``words``: all type words that a value may have (none: any type);
    ``item_words``: the same for an item of a list.
    ``default``: the effective default (an outer ``default`` wins over the node's own), None when
    ``has_default`` is false. ``mandatory``: it has no default and must be set (``"???"``).
    ``bounds``: of the number, or common to all numbers of a list; ``element_bounds``: per position
    of a list. ``choices``/``weights``: the enum and its prior weights (same length, or no weights).
    ``ordered``: neighbouring choices are alike. ``length``: (min, max) items of a list or subset.
    ``relations``: to parents; ``parents``: the leaves to draw before this one.
    """

    name: str
    kind: LeafKind
    type_word: str
    words: tuple[str, ...] = ()
    item_words: tuple[str, ...] = ()
    default: Any = None
    has_default: bool = False
    mandatory: bool = False
    nullable: bool = False
    bounds: Bounds = Bounds()
    element_bounds: tuple[Bounds, ...] = ()
    choices: tuple[Any, ...] = ()
    weights: tuple[float, ...] | None = None
    ordered: bool = False
    length: tuple[int, int | None] = (0, None)
    math_cond: str | None = None
    relations: tuple[Relation, ...] = ()
    parents: tuple[str, ...] = ()
    x_automl: Annotations = NONE
    automl_enabled: bool | None = None
    title: str | None = None
    description: str | None = None

    @property
    def is_integer(self) -> bool:
        """Whether the value (or each number of the list) is a whole number."""
        if self.kind is LeafKind.NUMBERS:
            whole = bool({"int", "integer"} & set(self.item_words))
            return whole or all(isinstance(item, int) for item in self.default or ())
        return self.kind in (LeafKind.INT, LeafKind.MILESTONES)


@dataclass(frozen=True, slots=True)
class Collection:
    """A node that holds leaves; ``closed``: it refuses keys that it does not name."""

    name: str
    members: tuple[str, ...]
    closed: bool = True


@dataclass(frozen=True, slots=True)
class Issue:
    """A keyword of the schema that cannot be used and is therefore ignored."""

    name: str
    keyword: str
    message: str

    @property
    def constrains(self) -> bool:
        """Whether the ignored keyword would or could (it is unknown) constrain values."""
        return self.keyword not in _HARMLESS

    def __str__(self) -> str:
        return f"{self.name or '(root)'}: {self.keyword}: {self.message}"


_HARMLESS = frozenset(
    {
        "option_weights",
        "automl_enabled",
        "automl_default_parameters",
        "automl_disabled_parameters",
        "default",
        "popular",
    }
)
