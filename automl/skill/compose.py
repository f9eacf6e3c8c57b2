"""Flattens a node's composition keywords into one plain node.

``$ref`` (local), ``allOf`` of plain constraints, ``anyOf``/``oneOf`` and a list of types become a
single set of keywords: the first concrete scalar branch, over which the property's own keywords
win. What a combination says beyond that (``if``/``then``, ``not`` ...) stays for validation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.skill.bounds import Complain
from automl.skill.dialect import SCALARS, kind_of_word

_COMPOSING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})
_MAX_REFERENCES = 64


@dataclass(frozen=True, slots=True)
class Flat:
    """A node without composition: its keywords, and whether null is a legal value."""

    node: Mapping[str, Any]
    nullable: bool


def flatten(node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain) -> Flat:
    """``node`` with references, branches and lists of types resolved."""
    if not isinstance(node.get("type"), list) and not _COMPOSING & node.keys():
        return Flat(node, node.get("type") == "null" or node.get("nullable") is True)
    merged = _with_all_of(_dereference(node, root, complain), root, complain)
    branches = [
        _dereference(branch, root, complain)
        for keyword in ("anyOf", "oneOf")
        for branch in _mappings(merged.get(keyword))
    ]
    nullable = any(branch.get("type") == "null" for branch in branches)
    own = {key: value for key, value in merged.items() if key not in ("anyOf", "oneOf")}
    concrete = [branch for branch in branches if branch.get("type") != "null"]
    chosen = next((b for b in concrete if _is_scalar(b)), concrete[0] if concrete else {})
    return _single_type({**chosen, **own}, nullable or own.get("nullable") is True)


def _single_type(node: dict[str, Any], nullable: bool) -> Flat:
    words = node.get("type")
    if not isinstance(words, list):
        return Flat(node, nullable or words == "null")
    concrete = [word for word in words if isinstance(word, str) and word != "null"]
    scalar = next((w for w in concrete if kind_of_word(w) in SCALARS), None)
    node["type"] = scalar or (concrete[0] if concrete else "null")
    return Flat(node, nullable or "null" in words)


def _with_all_of(
    node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain
) -> dict[str, Any]:
    """Joins plain ``allOf`` members into the node; members with conditions stay where they are."""
    parts = [_dereference(part, root, complain) for part in _mappings(node.get("allOf"))]
    plain = [part for part in parts if "if" not in part and "not" not in part]
    joined: dict[str, Any] = {}
    for part in plain:
        joined.update(part)
    own = {key: value for key, value in node.items() if key != "allOf"}
    properties = {**joined.get("properties", {}), **own.get("properties", {})}
    joined.update(own)
    if properties:
        joined["properties"] = properties
    if len(plain) < len(parts):
        joined["if"] = True
    return joined


def _dereference(
    node: Mapping[str, Any], root: Mapping[str, Any], complain: Complain
) -> Mapping[str, Any]:
    """Follows local references; the referring node's own keywords win over the target's."""
    for _ in range(_MAX_REFERENCES):
        if "$ref" not in node:
            return node
        target = _target(node["$ref"], root)
        own = {key: value for key, value in node.items() if key != "$ref"}
        if target is None:
            complain("$ref", f"{node['$ref']!r} is not a place in this schema")
            return own
        node = {**target, **own}
    complain("$ref", "refers to itself")
    return {key: value for key, value in node.items() if key != "$ref"}


def _target(reference: Any, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
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
