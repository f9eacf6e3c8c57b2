"""Converts a spec's values to the types that are due, where that is lossless: ``30`` to ``30.0``.

``1e-3``, which YAML 1.1 reads as text, is a number wherever the schema wants one; where it does not
say, wherever the packaged value is one (:func:`automl.skill.schema.numbers.as_due`). Where a text
is due it stays one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from automl.skill import Leaf, LeafKind, Schema
from automl.skill.schema.activation import is_among
from automl.skill.schema.dialect import FLOAT_WORDS, INTEGER_WORDS
from automl.skill.schema.numbers import as_due, as_number, is_finite, is_number
from automl.spec.nested import get_path, set_path

_ABSENT: Any = object()
_NUMBER_WORDS: Final = INTEGER_WORDS | FLOAT_WORDS
_YAML_WORDS: Final = {True: ("on", "yes", "true"), False: ("off", "no", "false")}
_TEXT_WORDS: Final = frozenset({"string", "str"})
_NULL_WORDS: Final = frozenset({"null", "none"})
_NULLS: Final = ("null", "~")


def coerce_all(
    schema: Schema | None, values: dict[str, Any], packaged: Mapping[str, Any] | None = None
) -> None:
    """Convert every value of the nested spec in place.

    ``packaged``: the skill's own values, which say what is due where the schema does not.
    """
    leaves = schema.leaves if schema else {}
    for name, leaf in leaves.items():
        value = get_path(values, name, _ABSENT)
        typed = coerce(leaf, value, get_path(packaged or {}, name, None))
        if typed is not value:
            set_path(values, name, typed)
    _coerce_others(values, leaves, packaged or {}, "")


def _coerce_others(
    values: dict[str, Any], leaves: Mapping[str, Leaf], packaged: Any, prefix: str
) -> None:
    """Convert what the schema does not name."""
    for name, value in values.items():
        key = f"{prefix}{name}"
        like = packaged.get(name) if isinstance(packaged, Mapping) else None
        if key in leaves:
            continue
        if isinstance(value, dict):
            _coerce_others(value, leaves, like, f"{key}.")
        else:
            values[name] = as_due(value, like)


def coerce(leaf: Leaf, value: Any, like: Any = None) -> Any:
    """``value`` in the type of ``leaf`` if the change is lossless, else unchanged.

    ``like``: the packaged value, for a leaf whose type leaves open what is due; None for its
    default.
    """
    if leaf.choices:
        several = leaf.kind is LeafKind.SUBSET and isinstance(value, list)
        return [_option(leaf, item) for item in value] if several else _option(leaf, value)
    if leaf.kind in (LeafKind.INT, LeafKind.FLOAT):
        return _number(value, leaf.is_integer)
    if leaf.kind in (LeafKind.NUMBERS, LeafKind.MILESTONES):
        return _numbers(value, leaf.is_integer)
    if leaf.kind in (LeafKind.LIST, LeafKind.DICT, LeafKind.ANY):
        return as_due(value, _example(leaf, like))
    return value


def empty_value(leaf: Leaf | None, like: Any) -> Any:
    """What ``--set KEY=`` sets: an empty text where one is due, else null where null is legal.

    Elsewhere the empty text stays, and validation refuses it. ``like``: the value so far.
    """
    if leaf is None:
        return "" if isinstance(like, str) else None
    text = leaf.kind is LeafKind.STRING or bool(_TEXT_WORDS & set(leaf.words))
    due = "" in leaf.choices if leaf.choices else text
    return None if leaf.nullable and not due else ""


def takes_text(leaf: Leaf | None, text: str) -> bool:
    """Whether ``text`` stays one in this leaf, whatever else it may spell: nothing but null."""
    if leaf is None or leaf.kind is not LeafKind.STRING or leaf.choices:
        return False
    return not set(leaf.words) - _TEXT_WORDS - _NULL_WORDS and text.lower() not in _NULLS


def _example(leaf: Leaf, like: Any) -> Any:
    """A value of the type that is due in a leaf of an open type; None where nothing says that."""
    words = set(leaf.item_words)
    if words and words <= _NUMBER_WORDS:
        return [0] if words <= INTEGER_WORDS else [0.0]
    if words and words <= _TEXT_WORDS:
        return [""]
    return leaf.default if like is None else like


def _option(leaf: Leaf, value: Any) -> Any:
    """The option that ``value`` spells, if it is none as it stands: YAML reads ``off`` as false."""
    if is_among(value, leaf.choices):
        return value
    if isinstance(value, str):
        number = as_number(value, value)
        equal = (choice for choice in leaf.choices if is_number(choice) and choice == number)
        return next(equal, number if all(map(is_number, leaf.choices)) else value)
    words = _YAML_WORDS[value] if isinstance(value, bool) else [str(value)]
    spelled = [word for word in words if word in leaf.choices]
    return spelled[0] if len(spelled) == 1 else value


def _numbers(value: Any, whole: bool) -> Any:
    return [_number(item, whole) for item in value] if isinstance(value, list) else value


def _number(value: Any, whole: bool) -> Any:
    if isinstance(value, str):
        value = as_number(value, value)
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    if not whole and isinstance(value, int) and is_finite(value) and int(float(value)) == value:
        return float(value)
    return value
