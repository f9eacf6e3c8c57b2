"""Resolves a node's ``$ref``, ``allOf``, ``anyOf`` and ``oneOf`` into one plain node.

Local references, plain ``allOf`` members, branches and a list of types become a single set of
keywords: the first concrete scalar branch, then the property's own keywords, which win. Conditions
(``if``/``then``, ``not``) are left to validation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.skill.schema.bounds import Complain, read_number
from automl.skill.schema.dialect import SCALARS, kind_of_word

_COMPOSING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_BRANCHES = ("anyOf", "oneOf")
_BOUNDS: Mapping[str, Callable[[Any], Any]] = {
    "minimum": max,
    "exclusiveMinimum": max,
    "maximum": min,
    "exclusiveMaximum": min,
}
_MAX_REFERENCES = 64


@dataclass(frozen=True, slots=True)
class Flat:
    """A node without composition.

    ``nullable``: null is a legal value. ``words``: every legal type word, none if any type is. The
    node's own ``type`` is the first scalar one of them.
    """

    node: Mapping[str, Any]
    nullable: bool
    words: tuple[str, ...]


def flatten(node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain) -> Flat:
    """``node`` with references, branches and lists of types resolved."""
    if not isinstance(node.get("type"), list) and not _COMPOSING & node.keys():
        words = type_words(node)
        return Flat(node, "null" in words or node.get("nullable") is True, words)
    if not type_words(node) and "type" in node:
        if not isinstance(node["type"], str):
            complain("type", f"must be a word, is {node['type']!r}")
        node = {key: value for key, value in node.items() if key != "type"}
    own = _with_all_of(_dereference(node, root, complain), root, complain)
    given = [own.pop(keyword, None) for keyword in _BRANCHES]
    branches = [_dereference(b, root, complain) for part in given for b in _mappings(part)]
    allowed = _allowed_words(own, branches)
    if allowed is None:
        complain("anyOf", f"no branch allows the type {own['type']!r}")
        return Flat({**own, "type": "any", "enum": None}, nullable=False, words=())
    concrete = [branch for branch in branches if branch.get("type") != "null"]
    chosen = next((b for b in concrete if _is_scalar(b)), concrete[0] if concrete else {})
    flat: dict[str, Any] = {**chosen, **own, **tighter(chosen, own)}
    some = tuple(word for word in allowed if word != "null") or allowed
    if isinstance(flat.get("type"), list):
        scalar = next((word for word in some if kind_of_word(word) in SCALARS), None)
        flat["type"] = scalar or (some[0] if some else "null")
    return Flat(flat, own.get("nullable") is True or "null" in allowed, some)


def _allowed_words(
    own: Mapping[str, Any], branches: list[Mapping[str, Any]]
) -> tuple[str, ...] | None:
    """Type words that node and branches both allow (none: any type); None if there is none."""
    mine, theirs = type_words(own), [type_words(branch) for branch in branches]
    if not branches or not all(theirs):
        return mine
    every = tuple(word for words in theirs for word in words)
    if not mine:
        return every
    kinds = {kind_of_word(word) for word in every}
    return tuple(word for word in mine if kind_of_word(word) in kinds) or None


def tighter(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The bounds of both nodes, the narrower one where both have it."""
    found: dict[str, Any] = {}
    for keyword, narrower in _BOUNDS.items():
        ends = [end for node in (one, other) if (end := _bound(node.get(keyword))) is not None]
        if ends:
            found[keyword] = narrower(ends)
    return found


def _bound(value: Any) -> float | None:
    """A bound as a number; None where it is missing or unusable."""
    try:
        return read_number(value)
    except ValueError:
        return None


def type_words(node: Mapping[str, Any]) -> tuple[str, ...]:
    """The type words that a node names, in lower case."""
    given = node.get("type")
    words = given if isinstance(given, list) else [given]
    return tuple(w.strip().lower() for w in words if isinstance(w, str) and w.strip())


def _with_all_of(
    node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain
) -> dict[str, Any]:
    """Join plain ``allOf`` members into the node; a member with a condition becomes ``if``."""
    parts = [_dereference(part, root, complain) for part in _mappings(node.get("allOf"))]
    plain = [part for part in parts if "if" not in part and "not" not in part]
    joined: dict[str, Any] = {}
    for part in plain:
        joined = {**joined, **part, **tighter(joined, part)}
    own = {key: value for key, value in node.items() if key != "allOf"}
    parts_of_both = [part.get("properties") for part in (joined, own)]
    joined = {**joined, **own, **tighter(joined, own)}
    if all(isinstance(part, Mapping) for part in parts_of_both):
        joined["properties"] = {k: v for part in parts_of_both for k, v in (part or {}).items()}
    if len(plain) < len(parts):
        joined["if"] = True
    return joined


def _dereference(
    node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain
) -> Mapping[str, Any]:
    """Follows a local reference; the referring node's own keywords win over the target's."""
    if "$ref" not in node:
        return node
    target = reference_target(node["$ref"], root)
    own = {key: value for key, value in node.items() if key != "$ref"}
    if target is None:
        complain("$ref", f"{node['$ref']!r} leads to no place in this schema")
        return own
    return {**target, **own}


def reference_target(reference: Any, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The node at the end of a chain of local references; None for a dead end or a cycle."""
    for _ in range(_MAX_REFERENCES):
        place = _place(reference, root)
        if place is None or "$ref" not in place:
            return place
        reference = place["$ref"]
    return None


def _place(reference: Any, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return None
    place: Any = root
    for step in reference[2:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        place = place.get(key) if isinstance(place, Mapping) else None
    return place if isinstance(place, Mapping) else None


def _is_scalar(node: Mapping[str, Any]) -> bool:
    word = node.get("type")
    return "enum" in node or (isinstance(word, str) and kind_of_word(word) in SCALARS)


def _mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    return (
        (part for part in value if isinstance(part, Mapping))
        if isinstance(value, list)
        else iter(())
    )
