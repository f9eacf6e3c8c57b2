"""The training length of a whole spec, which schedulers count their rungs in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.skill import Schema
from automl.space.budget import find_budget


def epoch_budget(schema: Schema, values: Mapping[str, Any]) -> int | None:
    """Return the epochs of one trial: of the key that the schema's budgets name, else a usual key.

    None when no such key holds a whole number in ``values``.
    """
    leaves = list(schema.leaves.values())
    declared = [leaf for leaf in leaves if leaf.x_automl.budget is not None]
    asking = declared[:1] or leaves[:2]  # no leaf is its own budget: the second may find the first
    found = (find_budget(schema, leaf, values) for leaf in asking)
    return next((budget.value for budget in found if budget), None)
