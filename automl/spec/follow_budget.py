"""Scales packaged schedule lengths from their reference budget to the spec's own budget.

``lr_steps: [40, 70]`` written for 120 epochs would never be reached in a run of 10: unless the
user set the list, it becomes ``[3, 6]`` there. ``x_automl.budget`` marks such leaves.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from automl.skill import Leaf, Schema
from automl.skill.schema.numbers import is_finite
from automl.spec.nested import get_path, set_path


def scale_to_budget(
    schema: Schema, values: dict[str, Any], user_keys: Collection[str]
) -> tuple[str, ...]:
    """Rewrite each packaged length to the spec's budget, in place; returns a note for each."""
    notes = []
    for name, leaf in schema.leaves.items():
        budget = leaf.x_automl.budget
        if budget is None or name in user_keys:
            continue
        length, packaged = get_path(values, budget.key, None), get_path(values, name, None)
        if not is_finite(length) or length == budget.reference:
            continue
        scaled = scaled_length(packaged, length, budget.reference)
        if scaled != packaged:
            set_path(values, name, scaled)
            notes.append(_note(leaf, packaged, scaled, length))
    return tuple(notes)


def scaled_length(value: Any, budget: float, reference: float) -> Any:
    """``value`` (a count or a list of them) written for ``reference``, at ``budget``.

    A list stays sorted and distinct inside 1 .. budget - 1, dropping what does not fit; a count
    is rounded and not negative. Anything else is returned as it is.
    """
    if is_finite(value):
        return max(0, round(value * budget / reference))
    if not isinstance(value, list) or not all(is_finite(item) for item in value):
        return value
    scaled = {round(item * budget / reference) for item in value}
    return sorted(item for item in scaled if 1 <= item <= budget - 1)


def _note(leaf: Leaf, packaged: Any, scaled: Any, budget: float) -> str:
    reference = leaf.x_automl.budget.reference if leaf.x_automl.budget else budget
    return (
        f"{leaf.name} {packaged} is written for {reference:g} epochs;"
        f" scaled to {scaled} for {budget:g}"
    )
