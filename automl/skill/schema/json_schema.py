"""Translates a skill's schema to plain JSON Schema 2020-12.

Keywords that JSON Schema knows pass through; type words, blank or infinite bounds, list bounds,
``math_cond`` and ``enum`` on lists are rewritten; annotations and unusable keywords are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from automl.errors import SkillError
from automl.skill.patterns import is_pattern
from automl.skill.schema.bounds import MAX_EXPONENT, Bounds, read_bounds
from automl.skill.schema.conditions import absolute, parse_depends_on, parse_math_cond
from automl.skill.schema.dialect import (
    FIXED_LENGTHS,
    FLOAT_WORDS,
    INTEGER_WORDS,
    LIST_BOUNDS,
    LISTED_NAMES,
    MILESTONE_PREFIX,
    NULLABLE_WORDS,
)
from automl.skill.schema.elements import place_elements, split_element
from automl.skill.schema.json_keywords import plain_keywords
from automl.skill.schema.references import reference_target
from automl.skill.schema.relation import is_exact_unit

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
_NODE_LISTS = frozenset({"anyOf", "oneOf", "allOf"})
_NODES = frozenset({"not", "if", "then", "else", "contains", "propertyNames"})
_NAMED_NODES = frozenset({"$defs", "definitions", "patternProperties", "dependentSchemas"})
MAX_NODES: Final = 200_000
_POWERS = range(-MAX_EXPONENT, MAX_EXPONENT + 1)


def translate(document: Mapping[str, Any]) -> dict[str, Any]:
    """The whole document as JSON Schema 2020-12."""
    try:
        return {"$schema": DRAFT, **_Translator(document).mapping(document)}
    except RecursionError:
        raise SkillError(
            "the schema is nested too deeply, or refers to itself; flatten it"
        ) from None


class _Translator:
    """Translates nodes; ``root`` is the document in which references are looked up."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root = root
        self.nodes = 0

    def node(self, node: Any) -> Any:
        """A node as JSON Schema; a value that is no node allows everything."""
        if isinstance(node, Mapping):
            return self.mapping(node)
        return node if isinstance(node, bool) else True

    def mapping(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """A node's keywords as JSON Schema writes them."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise SkillError(
                f"the schema holds more than {MAX_NODES} nodes once its references are followed;"
                " leave out those that nobody needs"
            )
        node = self._inline_reference(node)
        words = _words(node)
        made = self._inner_nodes(node)
        made.update(plain_keywords(node))
        types = list(dict.fromkeys(_json_type(word) for word in words))
        if types and None not in types:
            made["type"] = types if len(types) > 1 else types[0]
        if isinstance(node.get("properties"), Mapping):
            made["properties"] = self._properties(node["properties"])
            if isinstance(node.get("additionalProperties"), bool | Mapping):
                made["additionalProperties"] = self.node(node["additionalProperties"])
        if "array" in types:
            self._list_values(made, node, words)
        else:
            made.update(_scalar_values(node, words))
        return made

    def _inline_reference(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Replace a reference to a leaf by that leaf; the node's own keywords win."""
        target = reference_target(node["$ref"], self.root) if "$ref" in node else None
        if target is None or target.get("properties") or len(node) == 1:
            return node
        own = {key: value for key, value in node.items() if key != "$ref"}
        if not _words(own):
            own.pop("type", None)
        return {**target, **own}

    def _inner_nodes(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """The keywords that hold nodes, each node translated."""
        made: dict[str, Any] = {}
        if "$ref" in node and reference_target(node["$ref"], self.root) is not None:
            made["$ref"] = node["$ref"]
        for keyword in _NODES & node.keys():
            made[keyword] = self.node(node[keyword])
        for keyword in _NAMED_NODES & node.keys():
            if isinstance(node[keyword], Mapping):
                made[keyword] = {
                    key: self.node(inner)
                    for key, inner in node[keyword].items()
                    if keyword != "patternProperties" or is_pattern(key)
                }
        made.update(self._branches(node))
        return made

    def _branches(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """``anyOf``, ``oneOf`` and ``allOf``; a nullable node gets a null branch."""
        null = [{"type": "null"}] if node.get("nullable") is True else []
        return {
            keyword: [*map(self.node, node[keyword]), *(null if keyword != "allOf" else [])]
            for keyword in _NODE_LISTS & node.keys()
            if isinstance(node[keyword], list) and node[keyword]
        }

    def _properties(self, properties: Mapping[str, Any]) -> dict[str, Any]:
        made = {
            key: self.node(child)
            for key, child in properties.items()
            if not (key in LISTED_NAMES and isinstance(child, list))
        }
        elements = {key: made.pop(key) for key in [*made] if split_element(key)}
        place_elements(made, elements)
        return made

    def _list_values(self, made: dict[str, Any], node: Mapping[str, Any], words: list[str]) -> None:
        """Add the constraints of a list: its items, their number, and bounds by position."""
        enum = _enum(node)
        items: dict[str, Any] = _bounds(node)
        if enum and all(isinstance(value, list | None) for value in enum):
            made["enum"] = enum
        elif enum:
            items["enum"] = enum
        inner = node.get("items")
        if items or isinstance(inner, Mapping):
            translated = self.mapping(inner) if isinstance(inner, Mapping) else {}
            if enum:  # the list has options of its own, which replace those of its items
                translated.pop("enum", None)
            made["items"] = {**translated, **items}
        lists = {k: node[k] for k in LIST_BOUNDS if isinstance(node.get(k), list)}
        size = max((len(value) for value in lists.values()), default=0)
        if size:
            by_position = [{k: v[i] for k, v in lists.items() if i < len(v)} for i in range(size)]
            made["prefixItems"] = [_bounds(one) for one in by_position]
        for word in FIXED_LENGTHS.keys() & set(words):
            made.update(minItems=FIXED_LENGTHS[word], maxItems=FIXED_LENGTHS[word])
        if "subset_list" in words:
            made["uniqueItems"] = True


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


def _enum(node: Mapping[str, Any]) -> list[Any]:
    enum = node.get("enum")
    return list(enum) if isinstance(enum, list) else []


def _scalar_values(node: Mapping[str, Any], words: list[str]) -> dict[str, Any]:
    made = _bounds(node)
    enum = _enum(node)
    if enum:
        made["enum"] = [*enum, None] if "null" in words and None not in enum else enum
    return made


def _bounds(node: Mapping[str, Any]) -> dict[str, Any]:
    bounds = read_bounds(node, _ignore)
    try:
        parents = parse_depends_on(node.get("depends_on"))
        for op, operand in absolute(parse_math_cond(node.get("math_cond")), parents):
            bounds = bounds.constrained(op, operand)
    except ValueError:
        return _as_keywords(bounds)  # the reader has reported the condition as an issue
    return _as_keywords(bounds)


def _powers(base: float) -> list[float]:
    found = []
    for exponent in _POWERS:
        with suppress(OverflowError):
            found.append(base**exponent)
    return found


def _ignore(keyword: str, message: str) -> None:
    """Do nothing: the reader of the schema has already reported it."""


def _as_keywords(bounds: Bounds) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if bounds.low is not None:
        made["exclusiveMinimum" if bounds.low_open else "minimum"] = bounds.low
    if bounds.high is not None:
        made["exclusiveMaximum" if bounds.high_open else "maximum"] = bounds.high
    if bounds.multiple_of is not None and is_exact_unit(bounds.multiple_of):
        unit = bounds.multiple_of
        made["multipleOf"] = unit if unit % 1 else int(unit)
    single: list[dict[str, Any]] = []
    if bounds.excluded:
        single.append({"not": {"enum": list(bounds.excluded)}})
    if bounds.power_of is not None:
        powers = _powers(bounds.power_of)
        single.append({"if": {"type": "number"}, "then": {"enum": powers}})
    return {**made, "allOf": single} if single else made
