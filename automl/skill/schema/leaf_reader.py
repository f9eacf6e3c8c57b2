"""Turns one flattened schema node into a :class:`Leaf`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.skill.schema.annotations import read_annotations
from automl.skill.schema.bounds import Complain, read_number
from automl.skill.schema.constraints import read_constraints, read_element_bounds
from automl.skill.schema.dialect import (
    FIXED_LENGTHS,
    FLAG_WORDS,
    NULLABLE_WORDS,
    ORDERED_WORDS,
    kind_of_word,
)
from automl.skill.schema.json_keywords import is_usable
from automl.skill.schema.leaf import Leaf
from automl.skill.schema.leaf_kind import are_numbers, items_of, leaf_kind
from automl.skill.schema.references import Flat, type_words

MANDATORY = "???"
MISSING: Any = object()
"""No default was given; a default of null is another case."""


def read_leaf(name: str, flat: Flat, *, outer: Any, required: bool, complain: Complain) -> Leaf:
    """The leaf ``name``. ``outer``: its default in an outer ``default``, or ``MISSING``."""
    node = flat.node
    given = outer if outer is not MISSING else node.get("default", MISSING)
    mandatory = given == MANDATORY or (given is MISSING and required)
    default = None if given is MISSING or given == MANDATORY else given
    word = _type_word(node, complain)
    choices, weights = _read_options(node, complain)
    kind = leaf_kind(name, word, default, choices, node)
    bounds, names, found = read_constraints(node, complain)
    if isinstance(default, float) and not math.isfinite(default):
        complain("default", f"{default!r} is no value to search around")
    return Leaf(
        name=name,
        kind=kind,
        type_word=word,
        words=flat.words,
        item_words=type_words(items_of(node)),
        default=default,
        has_default=given is not MISSING and given != MANDATORY,
        mandatory=mandatory,
        nullable=flat.nullable or word in NULLABLE_WORDS or given is None,
        bounds=bounds,
        element_bounds=read_element_bounds(node, complain),
        choices=choices,
        weights=weights,
        ordered=word in ORDERED_WORDS or are_numbers(choices),
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
    if isinstance(value, str) and value.strip().lower() in FLAG_WORDS:
        return value.strip().lower() in ("true", "yes")
    complain("automl_enabled", f"must be true or false, is {value!r}")
    return None


def _read_options(
    node: Mapping[str, Any], complain: Complain
) -> tuple[tuple[Any, ...], tuple[float, ...] | None]:
    """Return the distinct options of a node and their normalised prior weights, if usable."""
    usable = "const" in node and is_usable("const", node["const"])
    enum = [node["const"]] if usable else node.get("enum")
    if enum is None:
        enum = items_of(node).get("enum")
    if enum in (None, "", []):
        return (), None
    if not isinstance(enum, list):
        complain("enum", f"must be a list of values, is {enum!r}")
        return (), None
    weights = _weights(node.get("option_weights"), len(enum), complain)
    kept = _distinct(enum, complain)
    if weights is not None:
        weights = _normalise(tuple(weights[index] for index in kept), complain)
    return tuple(enum[index] for index in kept), weights


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


def _normalise(weights: tuple[float, ...], complain: Complain) -> tuple[float, ...] | None:
    total = math.fsum(weights)
    if not 0 < total < math.inf:
        complain("option_weights", f"sums to {total:g}; at least one weight must be positive")
        return None
    return tuple(weight / total for weight in weights)
