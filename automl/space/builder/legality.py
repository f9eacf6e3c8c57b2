"""Says why a value (an option, a user's choice) is not legal for a leaf."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill import Bounds, Leaf, LeafKind
from automl.skill.schema.dialect import INTEGER_WORDS, kind_of_word
from automl.skill.schema.numbers import is_number
from automl.space.parameters.choice import same

_TYPES: Mapping[LeafKind, tuple[type, ...]] = {
    LeafKind.INT: (int,),
    LeafKind.FLOAT: (int, float),
    LeafKind.BOOL: (bool,),
    LeafKind.STRING: (str,),
    LeafKind.LIST: (list,),
    LeafKind.NUMBERS: (list,),
    LeafKind.SUBSET: (list,),
    LeafKind.MILESTONES: (list,),
    LeafKind.DICT: (dict,),
}
_TYPED = frozenset(_TYPES)


def why_illegal(leaf: Leaf, value: Any, bounds: Bounds) -> str | None:
    """Why ``value`` has the wrong type or breaks the bounds; None if it fits."""
    if value is None:
        open_type = not _TYPED & {_kind(word) for word in leaf.words}
        return None if leaf.nullable or open_type else "is null, which the schema does not allow"
    if leaf.words == ("null",):
        return "is not null"
    if not _has_type(value, leaf.words or (leaf.kind.value,)):
        return f"is not of type {' or '.join(leaf.words) or leaf.kind.value}"
    if isinstance(value, list):
        return _why_list_illegal(leaf, value, bounds)
    return None if not is_number(value) or bounds.holds(value) else "is out of its legal range"


def why_not_listed(leaf: Leaf, value: Any) -> str | None:
    """Why ``value`` (or an item of it) is none of the schema's options; None if it is one."""
    if not leaf.choices:
        return None
    members = value if leaf.kind is LeafKind.SUBSET and isinstance(value, list) else [value]
    for member in members:
        if not any(same(member, choice) for choice in leaf.choices):
            return f"is not one of {list(leaf.choices)}"
    return None


def why_item_illegal(leaf: Leaf, item: Any, bounds: Bounds) -> str | None:
    """Why ``item`` cannot be in the leaf's list; None if it can."""
    if leaf.item_words and not _has_type(item, leaf.item_words):
        return f"is not of type {' or '.join(leaf.item_words)}"
    return None if not is_number(item) or bounds.holds(item) else "is out of its legal range"


def _has_type(value: Any, words: tuple[str, ...]) -> bool:
    """Whether the value has one of the types; an unknown word allows every type."""
    return any(_is_of_word(value, word) for word in words)


def _is_of_word(value: Any, word: str) -> bool:
    kind = _kind(word)
    if kind not in _TYPED:
        return True
    types = _TYPES[kind]
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _kind(word: str) -> LeafKind:
    return LeafKind.INT if word in INTEGER_WORDS else kind_of_word(word) or LeafKind.ANY


def _why_list_illegal(leaf: Leaf, items: list[Any], bounds: Bounds) -> str | None:
    least, most = leaf.length
    if len(items) < least or (most is not None and len(items) > most):
        return f"does not have {least} to {most if most is not None else 'any number of'} items"
    for index, item in enumerate(items):
        own = leaf.element_bounds[index] if index < len(leaf.element_bounds) else bounds
        if why_item_illegal(leaf, item, own) is not None:
            return f"has an item that is not legal there: {item!r}"
    return None
