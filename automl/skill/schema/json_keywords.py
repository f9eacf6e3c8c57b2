"""Selects the JSON Schema keywords of a node that its translation keeps, if they are usable.

A keyword with an unusable value would make a validator stop with an error of its own; the reader
of the schema has already reported it as an issue, so it is left out here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from automl.skill.patterns import is_pattern


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_name_lists(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_is_names, value.values()))


_USABLE: Mapping[str, Callable[[Any], bool]] = {
    "const": lambda value: value - value == 0 if isinstance(value, float) else True,
    "minLength": _is_count,
    "maxLength": _is_count,
    "pattern": is_pattern,
    "minItems": _is_count,
    "maxItems": _is_count,
    "uniqueItems": lambda value: isinstance(value, bool),
    "minContains": _is_count,
    "maxContains": _is_count,
    "minProperties": _is_count,
    "maxProperties": _is_count,
    "dependentRequired": _is_name_lists,
    "required": _is_names,
}
PLAIN_KEYWORDS = frozenset(_USABLE)


def is_usable(keyword: str, value: Any) -> bool:
    """Whether a validator can use the keyword's value."""
    return _USABLE[keyword](value)


def plain_keywords(node: Mapping[str, Any]) -> dict[str, Any]:
    """The usable keywords that hold no nodes; ``regex`` becomes ``pattern``."""
    made = {
        keyword: node[keyword]
        for keyword in PLAIN_KEYWORDS & node.keys()
        if is_usable(keyword, node[keyword])
    }
    if node.get("regex") and is_pattern(node["regex"]):
        made.setdefault("pattern", node["regex"])
    return made
