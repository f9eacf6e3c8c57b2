"""Converts a spec's values to the schema's types where that is lossless: ``30`` to ``30.0``."""

from __future__ import annotations

import math
from typing import Any

from automl.skill import Leaf, LeafKind


def coerce(leaf: Leaf, value: Any, *, packaged: bool = False) -> Any:
    """``value`` in the type of ``leaf`` if the change is lossless, else unchanged.

    ``packaged``: the value is the skill's own, where ``1e-4`` (a string in YAML 1.1) means the
    number; a string of the user's stays one, and validation refuses it.
    """
    if leaf.kind in (LeafKind.NUMBERS, LeafKind.MILESTONES) and isinstance(value, list):
        return [_number(item, leaf.is_integer) for item in value]
    if leaf.kind not in (LeafKind.INT, LeafKind.FLOAT):
        return value
    if packaged and isinstance(value, str):
        value = as_number(value, value)
    return _number(value, leaf.is_integer)


def as_number(text: str, otherwise: Any = None) -> Any:
    """The finite number that ``text`` spells, else ``otherwise``."""
    try:
        number = float(text)
    except ValueError:
        return otherwise
    return number if math.isfinite(number) else otherwise


def _number(value: Any, whole: bool) -> Any:
    if isinstance(value, bool):
        return value
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    if not whole and isinstance(value, int) and int(float(value)) == value:
        return float(value)
    return value
