"""The vocabulary of schemas: type words, keywords that constrain, keywords that only annotate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill.schema.leaf import LeafKind

TYPE_WORDS: Mapping[str, LeafKind] = {
    "int": LeafKind.INT,
    "integer": LeafKind.INT,
    "float": LeafKind.FLOAT,
    "number": LeafKind.FLOAT,
    "bool": LeafKind.BOOL,
    "boolean": LeafKind.BOOL,
    "string": LeafKind.STRING,
    "str": LeafKind.STRING,
    "categorical": LeafKind.CHOICE,
    "ordered": LeafKind.CHOICE,
    "ordered_int": LeafKind.CHOICE,
    "list": LeafKind.LIST,
    "array": LeafKind.LIST,
    "list_2": LeafKind.NUMBERS,
    "list_3": LeafKind.NUMBERS,
    "subset_list": LeafKind.SUBSET,
    "optional_list": LeafKind.LIST,
    "collection": LeafKind.DICT,
    "object": LeafKind.DICT,
    "dict": LeafKind.DICT,
    "any": LeafKind.ANY,
    "null": LeafKind.ANY,
}
MILESTONE_PREFIX = "list_1_"
FIXED_LENGTHS = {"list_2": 2, "list_3": 3}
ORDERED_WORDS = frozenset({"ordered", "ordered_int"})
INTEGER_WORDS = frozenset({"int", "integer", "ordered_int"})
FLOAT_WORDS = frozenset({"float", "number"})
NULLABLE_WORDS = frozenset({"optional_list", "null"})
SCALARS = frozenset({LeafKind.INT, LeafKind.FLOAT, LeafKind.BOOL, LeafKind.STRING, LeafKind.CHOICE})

SEARCHABLE_KEYWORDS = frozenset(
    {
        "type",
        "enum",
        "const",
        "option_weights",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "math_cond",
        "depends_on",
        "parent_param",
        "x_automl",
        "minItems",
        "maxItems",
        "uniqueItems",
        "items",
        "minLength",
        "maxLength",
        "pattern",
        "regex",
        "properties",
        "required",
        "additionalProperties",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "nullable",
    }
)
"""Keywords that bind values and that the search space honours."""

CROSSING_KEYWORDS = frozenset(
    {
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
        "dependencies",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
        "contains",
        "minContains",
        "maxContains",
        "prefixItems",
        "additionalItems",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
"""JSON Schema keywords that spec validation honours and the search space does not know."""

TELLING_KEYWORDS = frozenset(
    {
        "title",
        "description",
        "default",
        "examples",
        "example",
        "deprecated",
        "readOnly",
        "writeOnly",
        "format",
        "popular",
        "display_name",
        "display",
        "default_value",
        "value_type",
        "automl_enabled",
        "automl_default_parameters",
        "automl_disabled_parameters",
        "definitions",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "unit",
        "units",
        "group",
        "order",
        "hidden",
        "help",
        "note",
        "notes",
        "link",
        "version",
        "name",
        "id",
    }
)
"""Keywords that bind nothing; so do all that start with ``$`` or ``x_`` or ``x-``."""

LIST_BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
"""Bounds that may be lists: one for each position of the list that they bind."""

FLAG_WORDS = frozenset({"true", "false", "yes", "no"})
LISTED_NAMES = ("automl_default_parameters", "automl_disabled_parameters")


def kind_of_word(word: str) -> LeafKind | None:
    """The kind that a type word stands for; None for an unknown word."""
    if word.startswith(MILESTONE_PREFIX):
        return LeafKind.MILESTONES
    return TYPE_WORDS.get(word)


def kind_of_value(value: Any) -> LeafKind:
    """The kind of a default's value, for a node that names no type."""
    for types, kind in _BY_VALUE:
        if isinstance(value, types):
            return kind
    return LeafKind.ANY


_BY_VALUE: tuple[tuple[type, LeafKind], ...] = (
    (bool, LeafKind.BOOL),
    (int, LeafKind.INT),
    (float, LeafKind.FLOAT),
    (str, LeafKind.STRING),
    (list, LeafKind.LIST),
    (dict, LeafKind.DICT),
)


def is_known(keyword: str) -> bool:
    """Whether the search space, or at least validation, understands a node's keyword."""
    return (
        keyword in SEARCHABLE_KEYWORDS
        or keyword in TELLING_KEYWORDS
        or keyword in CROSSING_KEYWORDS
        or keyword.startswith(("$", "x_", "x-"))
    )
