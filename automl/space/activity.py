"""Splits ``active_when`` into what the base spec already decides and what each draw decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill import Leaf
from automl.space.choice import Choice
from automl.space.parameter import Parameter
from automl.space.ranges import NoRange
from automl.space.space import same_value
from automl.spec.nested import get_path


def split_conditions(
    leaf: Leaf, searched: Mapping[str, Parameter], values: Mapping[str, Any]
) -> dict[str, tuple[Any, ...]] | None:
    """The conditions on searched parameters, None when there are none.

    Raises:
        NoRange: a condition on a value that is not searched does not hold, or no draw can meet one.
    """
    open_conditions: dict[str, tuple[Any, ...]] = {}
    for key, allowed in leaf.x_automl.active_when.items():
        if key in searched:
            _check_reachable(searched[key], allowed)
            open_conditions[key] = allowed
            continue
        value = get_path(values, key, None)
        if not any(same_value(value, option) for option in allowed):
            raise NoRange(f"it exists only when {_words(key, allowed)}; here it is {value!r}")
    return open_conditions or None


def _check_reachable(parent: Parameter, allowed: tuple[Any, ...]) -> None:
    if not isinstance(parent, Choice):
        return
    if not any(same_value(choice, option) for choice in parent.choices for option in allowed):
        raise NoRange(f"it exists only when {_words(parent.name, allowed)}, which is not searched")


def _words(key: str, allowed: tuple[Any, ...]) -> str:
    return f"{key} is {' or '.join(str(value) for value in allowed)}"
