"""Limits searched parameters by counts from the data, such as a batch size by the images.

It warns about a value set by the user that is above its limit.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, Final

from automl.skill import Leaf, Relation, Schema
from automl.skill.schema.activation import Conjunction, is_among
from automl.skill.schema.count_limit import CountLimit
from automl.skill.schema.numbers import is_finite
from automl.spec.nested import get_path, values_at

Counter = Callable[[CountLimit], int | str]
"""Counts what a limit names; returns why that cannot be counted where it cannot."""

_ROUNDING: Final = 1 + 1e-12  # a product of whole numbers that is exactly at the limit is inside


class CountLimits:
    """The limits of a schema's parameters that matter for a space, and what to say of them.

    A value that neither the user nor a trial sets is the trainer's to adapt, so no limit binds it.
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        searched: Collection[str],
        user_keys: Collection[str],
        counter: Counter | None,
    ) -> None:
        """``values``: the nested base spec; ``user_keys``: what the user set."""
        self._values = values
        self._searched = searched
        self._user_keys = user_keys
        self._counter = counter
        self._said: dict[str, str] = {}
        self.warnings: list[str] = []

    def apply(self, schema: Schema) -> Schema:
        """Return ``schema`` whose leaves have the limits as bounds and relations."""
        leaves = {name: self._limited(leaf) for name, leaf in schema.leaves.items()}
        return replace(schema, leaves=leaves)

    def explain(self, name: str, reason: str) -> str:
        """Return ``reason`` with the limit on that parameter, where there is one."""
        return f"{reason}; {self._said[name]}" if name in self._said else reason

    def _limited(self, leaf: Leaf) -> Leaf:
        limit = leaf.x_automl.at_most
        if self._counter is None or limit is None or not self._matters(leaf.name, limit):
            return leaf
        missing = [key for key in limit.keys if not values_at(self._values, key)]
        counted = f"the spec has no {', '.join(missing)}" if missing else self._counter(limit)
        if isinstance(counted, str):
            self.warnings.append(f"{leaf.name}: its limit (at_most) is not used: {counted}")
            return leaf
        return self._with_limit(leaf, limit, max(counted, 1) / self._divisor(limit))

    def _matters(self, name: str, limit: CountLimit) -> bool:
        """Whether it is searched, or the user set it, and the limit holds for what is fixed."""
        concerned = name in self._searched or name in self._user_keys
        return concerned and (not limit.when or any(map(self._can_be, limit.when)))

    def _can_be(self, conditions: Conjunction) -> bool:
        return all(
            key in self._searched or is_among(get_path(self._values, key, None), allowed)
            for key, allowed in conditions.items()
        )

    def _divisor(self, limit: CountLimit) -> float:
        value = get_path(self._values, limit.per, 1) if limit.per else 1
        return max(float(value), 1) if is_finite(value) else 1.0

    def _with_limit(self, leaf: Leaf, limit: CountLimit, most: float) -> Leaf:
        per = f" / {limit.per}" if limit.per and self._divisor(limit) > 1 else ""
        shown = f"{most * self._divisor(limit):g} {limit.counted}{per}"
        if limit.times:
            said = f"{leaf.name} at most {limit.times} x {shown}"
            self._said |= {leaf.name: said, limit.times: said}
            relation = Relation(limit.times, "<=", 1 / (most * _ROUNDING))
            parents = tuple(dict.fromkeys((*leaf.parents, limit.times)))
            return replace(leaf, relations=(*leaf.relations, relation), parents=parents)
        self._said[leaf.name] = f"at most {shown}"
        value = get_path(self._values, leaf.name, None)
        if leaf.name not in self._searched:
            if is_finite(value) and value > most:
                self.warnings.append(f"{leaf.name} {value:g} is set by you: {shown} are there")
            return leaf
        return replace(leaf, bounds=leaf.bounds.at_most(most * _ROUNDING))
