"""Finds the spec key of the training length (epochs), which limits milestones and warm-ups.

Schedulers place their rungs in the same length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.skill import Leaf, Schema
from automl.skill.schema.numbers import is_finite
from automl.spec.nested import get_path

USUAL_KEYS = ("train.num_epochs", "num_epochs")
EPOCHS = re.compile(r"(?:^|\.)(?:(?:num|max|total|n)_?)?epochs$", re.IGNORECASE)

VALIDATES = re.compile(
    r"(?:^|\.)(?:check_)?(?:val|valid|validate|validation|eval|evaluation)_"
    r"(?:interval|period|freq|frequency|every(?:_n)?(?:_epochs?)?)$",
    re.IGNORECASE,
)


def report_interval(schema: Schema, values: Mapping[str, Any]) -> int:
    """Return of how many epochs one is validated, as the key of an interval says; 1 without one."""
    named = (get_path(values, key, None) for key in schema.leaves if VALIDATES.search(key))
    return max((int(each) for each in named if is_finite(each) and each >= 1), default=1)


def find_budget(schema: Schema, leaf: Leaf, values: Mapping[str, Any]) -> Budget | None:
    """Return the budget of ``leaf``: of its ``x_automl``, a usual key, else the nearest ``epochs``.

    None when no such key holds a whole number in ``values``.
    """
    for key in _candidates(schema, leaf):
        value = get_path(values, key, None)
        if is_finite(value) and value >= 1 and float(value).is_integer():
            return Budget(key, int(value))
    return None


def _candidates(schema: Schema, leaf: Leaf) -> Iterator[str]:
    if leaf.x_automl.budget is not None:
        yield leaf.x_automl.budget.key
        return
    yield from USUAL_KEYS
    yield from _nearest(schema, leaf.name)


def _nearest(schema: Schema, name: str) -> list[str]:
    """Keys named like an epoch count; those in the section nearest to ``name`` come first."""
    keys = [key for key in schema.leaves if EPOCHS.search(key) and key != name]
    return sorted(keys, key=lambda key: -_shared(key, name))


def _shared(one: str, other: str) -> int:
    count = 0
    for left, right in zip(one.split("."), other.split("."), strict=False):
        if left != right:
            break
        count += 1
    return count


def training_length(schema: Schema, values: Mapping[str, Any]) -> Budget | None:
    """Return the epochs of one trial and their key: that of the schema's budgets or a usual one.

    None when no such key holds a whole number in ``values``.
    """
    leaves = list(schema.leaves.values())
    declared = [leaf for leaf in leaves if leaf.x_automl.budget is not None]
    asking = (
        declared[:1] or leaves[:2]
    )  # a leaf is never its own budget, so the first may need the second
    found = (find_budget(schema, leaf, values) for leaf in asking)
    return next((budget for budget in found if budget), None)


def epoch_budget(schema: Schema, values: Mapping[str, Any]) -> int | None:
    """Return the epochs of one trial, None where :func:`training_length` finds none."""
    budget = training_length(schema, values)
    return budget.value if budget else None


@dataclass(frozen=True, slots=True)
class Budget:
    """The training length that limits milestones and warm-ups, and the key that holds it."""

    key: str
    value: int
