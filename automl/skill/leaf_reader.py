"""Turns one flattened schema node into a :class:`Leaf`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from automl.skill.annotations import read_annotations
from automl.skill.bounds import Bounds, Complain, read_bounds, read_number
from automl.skill.compose import Flat, tighter, type_words
from automl.skill.conditions import absolute, parse_depends_on, parse_math_cond, relations
from automl.skill.dialect import (
    FIXED_LENGTHS,
    INTEGER_WORDS,
    NULLABLE_WORDS,
    ORDERED_WORDS,
    kind_of_value,
    kind_of_word,
)
from automl.skill.json_keywords import is_usable
from automl.skill.leaf import Kind, Leaf
from automl.skill.relation import Relation

T = TypeVar("T")
_LISTS = frozenset({Kind.LIST, Kind.NUMBERS, Kind.SUBSET, Kind.MILESTONES})

MANDATORY = "???"
_MILESTONES = re.compile(
    r"(^|_)(lr_steps|lr_step_list|lr_drop_list|milestones?|decay_(steps|epochs))$", re.IGNORECASE
)
_CONDITIONAL = frozenset({"math_cond", "depends_on", "parent_param"})
_FLAG_WORDS = frozenset({"true", "false", "yes", "no"})
MISSING: Any = object()
"""Stands for "no default was given", which is not the same as a default of null."""


def read_leaf(name: str, flat: Flat, *, outer: Any, required: bool, complain: Complain) -> Leaf:
    """The leaf ``name``. ``outer``: its default in an outer ``default``, or ``MISSING``."""
    node = flat.node
    given = outer if outer is not MISSING else node.get("default", MISSING)
    mandatory = given == MANDATORY or (given is MISSING and required)
    default = None if given is MISSING or given == MANDATORY else given
    word = _type_word(node, complain)
    choices, weights = _choices(node, complain)
    kind = _kind(name, word, default, choices, node)
    bounds, names, found = _constraints(node, complain)
    if isinstance(default, float) and not math.isfinite(default):
        complain("default", f"{default!r} is no value to search around")
    return Leaf(
        name=name,
        kind=kind,
        type_word=word,
        words=flat.words,
        item_words=type_words(_items(node)),
        default=default,
        has_default=given is not MISSING and given != MANDATORY,
        mandatory=mandatory,
        nullable=flat.nullable or word in NULLABLE_WORDS or given is None,
        bounds=bounds,
        element_bounds=_element_bounds(node, complain),
        choices=choices,
        weights=weights,
        ordered=word in ORDERED_WORDS or _are_numbers(choices),
        length=_length(node, word, complain),
        math_cond=_text(node.get("math_cond")),
        relations=found,
        parents=names,
        x_automl=read_annotations(node, complain),
        automl_enabled=_enabled(node.get("automl_enabled"), complain),
        title=_text(node.get("title")),
        description=_text(node.get("description")),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _type_word(node: Mapping[str, Any], complain: Complain) -> str:
    word = node.get("type")
    if word in (None, ""):
        return ""
    if not isinstance(word, str):
        complain("type", f"must be a word, is {word!r}")
        return ""
    word = word.strip().lower()
    if kind_of_word(word) is None:
        complain("type", f"{word!r} is not a type word of the dialect")
    return word


def _kind(
    name: str, word: str, default: Any, choices: tuple[Any, ...], node: Mapping[str, Any]
) -> Kind:
    kind = kind_of_word(word) if word else kind_of_value(default)
    if kind in _LISTS and (word or not choices):
        return _list_kind(name, kind, default, choices, node)
    if choices:
        return Kind.CHOICE
    if kind is Kind.CHOICE:
        return Kind.INT if word in INTEGER_WORDS else kind_of_value(default)
    if kind is None or (kind is Kind.ANY and not word):
        return Kind.FLOAT if "minimum" in node or "maximum" in node else Kind.ANY
    return kind


def _list_kind(
    name: str, kind: Kind, default: Any, choices: tuple[Any, ...], node: Mapping[str, Any]
) -> Kind:
    if choices:
        return Kind.CHOICE if all(isinstance(c, list | None) for c in choices) else Kind.SUBSET
    whole = isinstance(default, list) and all(type(item) is int for item in default)
    if kind is Kind.MILESTONES or (whole and _is_milestones(name, node)):
        return Kind.MILESTONES
    if kind is Kind.SUBSET or not isinstance(default, list) or not default:
        return Kind.LIST
    return Kind.NUMBERS if _are_numbers(tuple(default)) else Kind.LIST


def _is_milestones(name: str, node: Mapping[str, Any]) -> bool:
    """Whether a list of whole numbers holds places in a budget: it is said, or so named."""
    annotations = node.get("x_automl")
    declared = isinstance(annotations, Mapping) and "budget" in annotations
    return declared or _MILESTONES.search(name.rpartition(".")[2]) is not None


def _are_numbers(values: tuple[Any, ...]) -> bool:
    return bool(values) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )


def _choices(
    node: Mapping[str, Any], complain: Complain
) -> tuple[tuple[Any, ...], tuple[float, ...] | None]:
    usable = "const" in node and is_usable("const", node["const"])
    enum = [node["const"]] if usable else node.get("enum")
    if enum is None:
        enum = _items(node).get("enum")
    if enum in (None, "", []):
        return (), None
    if not isinstance(enum, list):
        complain("enum", f"must be a list of values, is {enum!r}")
        return (), None
    weights = _weights(node.get("option_weights"), len(enum), complain)
    kept = _distinct(enum, complain)
    if weights is not None:
        weights = _normalised(tuple(weights[index] for index in kept), complain)
    return tuple(enum[index] for index in kept), weights


def _items(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a list says of its items; empty for other types."""
    items = node.get("items")
    is_list = isinstance(node.get("type"), str) and kind_of_word(node["type"]) in _LISTS
    return items if is_list and isinstance(items, Mapping) else {}


def _distinct(enum: list[Any], complain: Complain) -> list[int]:
    """Positions of the first of each value; ``1`` and ``1.0`` are one, ``true`` is another."""
    seen: dict[Any, int] = {}
    for index, value in enumerate(enum):
        if isinstance(value, float) and not math.isfinite(value):
            complain("enum", f"{value!r} is not a value")
            continue
        number = isinstance(value, int | float) and not isinstance(value, bool)
        seen.setdefault(("number", value) if number else (type(value), repr(value)), index)
    return list(seen.values())


def _weights(given: Any, count: int, complain: Complain) -> tuple[float, ...] | None:
    if given in (None, "", []):
        return None
    if not isinstance(given, list) or len(given) != count:
        complain("option_weights", f"needs one weight for each of {count} options, is {given!r}")
        return None
    try:
        weights = tuple(read_number(weight) or 0.0 for weight in given)
    except ValueError as exc:
        complain("option_weights", str(exc))
        return None
    if any(weight < 0 or math.isinf(weight) for weight in weights):
        complain("option_weights", f"must be finite and not negative, is {given!r}")
        return None
    return weights


def _normalised(weights: tuple[float, ...], complain: Complain) -> tuple[float, ...] | None:
    total = math.fsum(weights)
    if not 0 < total < math.inf:
        complain("option_weights", f"sums to {total:g}; at least one weight must be positive")
        return None
    return tuple(weight / total for weight in weights)


def _constraints(
    node: Mapping[str, Any], complain: Complain
) -> tuple[Bounds, tuple[str, ...], tuple[Relation, ...]]:
    """The number's own bounds, the names to draw before it, and its relations to them."""
    items = _items(node)
    own = {**node, **items, **tighter(node, items)} if items else node
    bounds = read_bounds(own, complain)
    if not _CONDITIONAL & node.keys():
        return bounds, (), ()
    clauses = _parsed(parse_math_cond, "math_cond", node, complain)
    parents = _parsed(parse_depends_on, "depends_on", node, complain)
    if any(clause.operand is None for clause in clauses) and not parents:
        complain("math_cond", "speaks of depends_on, which names no leaf")
    for op, operand in absolute(clauses, parents):
        try:
            bounds = bounds.constrained(op, operand)
        except ValueError as exc:
            complain("math_cond", str(exc))
    names = [parent.name for parent in parents] + _parent_param(node.get("parent_param"))
    return bounds, tuple(dict.fromkeys(names)), relations(clauses, parents)


def _parsed(
    parse: Callable[[Any], tuple[T, ...]], keyword: str, node: Mapping[str, Any], complain: Complain
) -> tuple[T, ...]:
    try:
        return parse(node.get(keyword))
    except ValueError as exc:
        complain(keyword, str(exc))
        return ()


def _parent_param(given: Any) -> list[str]:
    """``parent_param`` marks a parent ("TRUE": nothing to do) or names one to be drawn first."""
    named = isinstance(given, str) and given.strip().lower() not in ("", *_FLAG_WORDS)
    return [given.strip()] if named else []


def _element_bounds(node: Mapping[str, Any], complain: Complain) -> tuple[Bounds, ...]:
    """Bounds per position, where ``minimum``/``maximum`` ... are lists."""
    lists = {key: value for key, value in node.items() if _is_bound_list(key, value)}
    size = max((len(value) for value in lists.values()), default=0)
    return tuple(
        read_bounds({k: v[i] for k, v in lists.items() if i < len(v)}, complain)
        for i in range(size)
    )


def _is_bound_list(keyword: str, value: Any) -> bool:
    return isinstance(value, list) and keyword in (
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
    )


def _length(node: Mapping[str, Any], word: str, complain: Complain) -> tuple[int, int | None]:
    if word in FIXED_LENGTHS:
        return FIXED_LENGTHS[word], FIXED_LENGTHS[word]
    ends: list[int | None] = []
    for keyword in ("minItems", "maxItems"):
        value = node.get(keyword)
        usable = type(value) is int and value >= 0
        if value is not None and not usable:
            complain(keyword, f"must be a whole number, is {value!r}")
        ends.append(value if usable else None)
    return ends[0] or 0, ends[1]


def _enabled(value: Any, complain: Complain) -> bool | None:
    if value in (None, ""):
        return None
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in _FLAG_WORDS:
        return value.strip().lower() in ("true", "yes")
    complain("automl_enabled", f"must be true or false, is {value!r}")
    return None
