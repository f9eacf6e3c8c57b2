"""Turns one flattened schema node into a :class:`Leaf`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.skill.schema.annotations import read_annotations
from automl.skill.schema.bounds import Complain
from automl.skill.schema.constraints import read_constraints, read_element_bounds
from automl.skill.schema.dialect import (
    FIXED_LENGTHS,
    FLAG_WORDS,
    NULLABLE_WORDS,
    ORDERED_WORDS,
    kind_of_word,
)
from automl.skill.schema.leaf import Leaf
from automl.skill.schema.leaf_kind import are_numbers, items_of, leaf_kind
from automl.skill.schema.options import read_options
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
    choices, weights = read_options(node, complain)
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
