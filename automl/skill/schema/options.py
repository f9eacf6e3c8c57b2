"""Reads a leaf's options: ``enum`` (``const``, the items' ``enum``) and ``option_weights``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from automl.skill.schema.bounds import Complain, read_number
from automl.skill.schema.json_keywords import is_usable
from automl.skill.schema.leaf_kind import items_of


def read_options(
    node: Mapping[str, Any], complain: Complain
) -> tuple[tuple[Any, ...], tuple[float, ...] | None]:
    """Return the distinct options and their normalised prior weights, if these are usable."""
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
