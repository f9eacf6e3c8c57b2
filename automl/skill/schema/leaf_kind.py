"""Decides the kind of a leaf's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from automl.skill.schema.dialect import INTEGER_WORDS, kind_of_value, kind_of_word
from automl.skill.schema.leaf import LeafKind
from automl.skill.schema.numbers import is_number

_LISTS = frozenset({LeafKind.LIST, LeafKind.NUMBERS, LeafKind.SUBSET, LeafKind.MILESTONES})
_MILESTONES = re.compile(
    r"(^|_)(steps|lr_step_list|lr_drop_list|milestones?|decay_(steps|step_list|epochs))$",
    re.IGNORECASE,
)


def leaf_kind(
    name: str, word: str, default: Any, choices: tuple[Any, ...], node: Mapping[str, Any]
) -> LeafKind:
    """The kind of a leaf: by its type word, its options, its default, and a list by its name."""
    kind = kind_of_word(word) if word else kind_of_value(default)
    if kind in _LISTS and (word or not choices):
        return _list_kind(name, kind, default, choices, node)
    if choices:
        return LeafKind.CHOICE
    if kind is LeafKind.CHOICE:
        return LeafKind.INT if word in INTEGER_WORDS else kind_of_value(default)
    if kind is None or (kind is LeafKind.ANY and not word):
        return LeafKind.FLOAT if "minimum" in node or "maximum" in node else LeafKind.ANY
    return kind


def _list_kind(
    name: str, kind: LeafKind, default: Any, choices: tuple[Any, ...], node: Mapping[str, Any]
) -> LeafKind:
    if choices:
        return (
            LeafKind.CHOICE if all(isinstance(c, list | None) for c in choices) else LeafKind.SUBSET
        )
    whole = isinstance(default, list) and all(type(item) is int for item in default)
    if kind is LeafKind.MILESTONES or (whole and _is_milestones(name, node)):
        return LeafKind.MILESTONES
    if kind is LeafKind.SUBSET or not isinstance(default, list) or not default:
        return LeafKind.LIST
    return LeafKind.NUMBERS if are_numbers(tuple(default)) else LeafKind.LIST


def _is_milestones(name: str, node: Mapping[str, Any]) -> bool:
    """Whether a list of whole numbers holds epochs or steps: the schema or its name says so."""
    annotations = node.get("x_automl")
    declared = isinstance(annotations, Mapping) and "budget" in annotations
    return declared or _MILESTONES.search(name.rpartition(".")[2]) is not None


def are_numbers(values: tuple[Any, ...]) -> bool:
    """Whether there is a value and all values are numbers."""
    return bool(values) and all(map(is_number, values))


def items_of(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """The node of a list's items; empty for other types."""
    items = node.get("items")
    is_list = (
        isinstance(node.get("type"), str) and kind_of_word(node["type"].strip().lower()) in _LISTS
    )
    return items if is_list and isinstance(items, Mapping) else {}
