"""Translates a schema of the dialect to plain JSON Schema 2020-12.

Keywords that JSON Schema knows pass through; type words, blank or infinite bounds, list bounds,
``math_cond`` and ``enum`` on lists are rewritten; what only annotates is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill.bounds import Bounds, read_bounds
from automl.skill.conditions import absolute, parse_depends_on, parse_math_cond
from automl.skill.dialect import (
    FIXED_LENGTHS,
    FLOAT_WORDS,
    INTEGER_WORDS,
    LISTED_NAMES,
    MILESTONE_PREFIX,
    NULLABLE_WORDS,
)

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_JSON_TYPES = {
    **dict.fromkeys(INTEGER_WORDS, "integer"),
    **dict.fromkeys(FLOAT_WORDS, "number"),
    **dict.fromkeys(("bool", "boolean"), "boolean"),
    **dict.fromkeys(("string", "str"), "string"),
    **dict.fromkeys(("list", "array", "subset_list", "optional_list", *FIXED_LENGTHS), "array"),
    **dict.fromkeys(("collection", "object", "dict"), "object"),
    "null": "null",
}
_PASSED = (
    "$ref",
    "const",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "prefixItems",
    "minContains",
    "maxContains",
    "dependentRequired",
    "minProperties",
    "maxProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
)
_BRANCHES = frozenset({"anyOf", "oneOf", "allOf"})
_CONDITIONS = frozenset({"not", "if", "then", "else", "contains", "propertyNames"})
_NAMED = frozenset({"$defs", "definitions", "patternProperties", "dependentSchemas"})
_POWERS = range(-64, 65)


def translate(document: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document as JSON Schema 2020-12."""
    return {"$schema": DRAFT, **_node(document)}


def _node(node: Any) -> Any:
    if not isinstance(node, Mapping):
        return node if isinstance(node, bool) else True
    made = _passed(node)
    words = _words(node)
    types = list(dict.fromkeys(_json_type(word) for word in words))
    if types and None not in types:
        made["type"] = types if len(types) > 1 else types[0]
    if isinstance(node.get("properties"), Mapping):
        made.update(_object(node))
    _values(made, node, words)
    return made


def _passed(node: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords that JSON Schema knows, with the nodes inside them translated."""
    made = {key: node[key] for key in _PASSED if key in node}
    for keyword in _CONDITIONS & node.keys():
        made[keyword] = _node(node[keyword])
    for keyword in _NAMED & node.keys():
        if isinstance(node[keyword], Mapping):
            made[keyword] = {name: _node(inner) for name, inner in node[keyword].items()}
    for keyword in _BRANCHES & node.keys():
        if isinstance(node[keyword], list):
            made[keyword] = [_node(branch) for branch in node[keyword]]
    if isinstance(node.get("regex"), str) and node["regex"]:
        made.setdefault("pattern", node["regex"])
    return made


def _words(node: Mapping[str, Any]) -> list[str]:
    given = node.get("type")
    words = [given] if isinstance(given, str) else given if isinstance(given, list) else []
    words = [word.strip().lower() for word in words if isinstance(word, str) and word.strip()]
    nullable = node.get("nullable") is True or ("default" in node and node["default"] is None)
    if words and (nullable or NULLABLE_WORDS & set(words)):
        words.append("null")
    return words


def _json_type(word: str) -> str | None:
    return "array" if word.startswith(MILESTONE_PREFIX) else _JSON_TYPES.get(word)


def _object(node: Mapping[str, Any]) -> dict[str, Any]:
    properties = {
        key: _node(child)
        for key, child in node["properties"].items()
        if not (key in LISTED_NAMES and isinstance(child, list))
    }
    made: dict[str, Any] = {"properties": properties}
    if "additionalProperties" in node:
        made["additionalProperties"] = _node(node["additionalProperties"])
    required = node.get("required")
    if isinstance(required, list) and required:
        made["required"] = required
    return made


def _values(made: dict[str, Any], node: Mapping[str, Any], words: list[str]) -> None:
    """Adds enum, bounds and lengths; on a list they bind its items."""
    is_list = "array" in (_json_type(word) for word in words)
    target: dict[str, Any] = {}
    enum = node.get("enum")
    if isinstance(enum, list) and enum:
        whole_lists = is_list and all(isinstance(value, list | None) for value in enum)
        nullable = "null" in words and not is_list and None not in enum
        (made if whole_lists else target)["enum"] = [*enum, None] if nullable else list(enum)
    target.update(_bounds(node))
    if not is_list:
        made.update(target)
        return
    items = node.get("items")
    if target or isinstance(items, Mapping | bool):
        made["items"] = {**(_node(items) if isinstance(items, Mapping) else {}), **target}
    _list_shape(made, node, words)


def _list_shape(made: dict[str, Any], node: Mapping[str, Any], words: list[str]) -> None:
    lists = {k: v for k, v in node.items() if isinstance(v, list) and k in _LIST_BOUNDS}
    size = max((len(value) for value in lists.values()), default=0)
    if size:
        made["prefixItems"] = [
            _bounds({k: v[i] for k, v in lists.items() if i < len(v)}) for i in range(size)
        ]
    for word in words:
        if word in FIXED_LENGTHS:
            made.update(minItems=FIXED_LENGTHS[word], maxItems=FIXED_LENGTHS[word])
    if "subset_list" in words:
        made["uniqueItems"] = True


_LIST_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def _bounds(node: Mapping[str, Any]) -> dict[str, Any]:
    bounds = read_bounds(node, _ignore)
    try:
        clauses, parents = (
            parse_math_cond(node.get("math_cond")),
            parse_depends_on(node.get("depends_on")),
        )
        for op, operand in absolute(clauses, parents):
            bounds = bounds.constrained(op, operand)
    except ValueError:
        pass  # reported as an issue of the schema
    return _as_keywords(bounds)


def _ignore(keyword: str, message: str) -> None:
    """The reader of the schema has already complained."""


def _as_keywords(bounds: Bounds) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if bounds.low is not None:
        made["exclusiveMinimum" if bounds.low_open else "minimum"] = bounds.low
    if bounds.high is not None:
        made["exclusiveMaximum" if bounds.high_open else "maximum"] = bounds.high
    if bounds.multiple_of is not None:
        made["multipleOf"] = bounds.multiple_of
    if bounds.excluded:
        made["not"] = {"enum": list(bounds.excluded)}
    if bounds.power_of is not None:
        made["enum"] = [bounds.power_of**exponent for exponent in _POWERS]
    return made
