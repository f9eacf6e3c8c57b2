"""Splits ``active_when`` into conditions that the base spec decides and those that draws decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill import Leaf
from automl.skill.schema.activation import Alternatives, Conjunction, in_words, is_among
from automl.space.builder.ranges import NoRange
from automl.space.parameters.base import Parameter
from automl.space.parameters.choice import Choice
from automl.spec.nested import get_path


def split_conditions(
    leaf: Leaf, searched: Mapping[str, Parameter], values: Mapping[str, Any]
) -> Alternatives | None:
    """The conditions on searched parameters; None when the leaf exists in every draw.

    Raises:
        NoRange: no alternative can hold, neither by the base spec nor in any draw.
    """
    alternatives = leaf.x_automl.active_when
    if not alternatives:
        return None
    unmet = [_unmet_condition(one, searched, values) for one in alternatives]
    if all(unmet):
        here = " and ".join(dict.fromkeys(map(str, unmet)))
        raise NoRange(f"it exists only when {in_words(alternatives)}; here {here}")
    undecided = tuple(
        {key: allowed for key, allowed in one.items() if key in searched}
        for one, failure in zip(alternatives, unmet, strict=True)
        if failure is None
    )
    return undecided if all(undecided) else None


def _unmet_condition(
    conditions: Conjunction, searched: Mapping[str, Parameter], values: Mapping[str, Any]
) -> str | None:
    """The first condition that no draw meets, in words; None if all can hold."""
    for key, allowed in conditions.items():
        parent = searched.get(key)
        value = get_path(values, key, None)
        if parent is None and not is_among(value, allowed):
            return f"{key} is {value!r}"
        if isinstance(parent, Choice) and not any(is_among(c, allowed) for c in parent.choices):
            return f"{key} is searched among other values"
    return None
