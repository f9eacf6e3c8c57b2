"""What becomes of a value in the draws in which its parameter does not exist.

A trainer may refuse a key that is set although it cannot act: SGD's momentum of 0.8 in a trial that
drew Adam. There the schema's default stands, which no trainer refuses.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automl.skill import Leaf, Schema
from automl.skill.schema.activation import Alternatives, holds, in_words, names_of
from automl.spec.nested import copy_plain, get_path, set_path


@dataclass(frozen=True, slots=True)
class InactiveDefault:
    """The leaf ``name`` is at ``default`` wherever ``active_when`` does not hold."""

    name: str
    default: Any
    active_when: Alternatives


def inactive_leaves(
    schema: Schema,
    base: Mapping[str, Any],
    searched: Collection[str],
    user_keys: Collection[str],
) -> tuple[InactiveDefault, ...]:
    """The conditional leaves whose value in ``base`` is not the schema's default.

    A value of the user's counts only where a draw decides whether it acts: one that acts in no
    draw is for the trainer to refuse.
    """
    return tuple(
        InactiveDefault(name, leaf.default, leaf.x_automl.active_when)
        for name, leaf in schema.leaves.items()
        if leaf.has_default
        and leaf.x_automl.active_when
        and leaf.default == leaf.default  # NaN is no value to rest at
        and get_path(base, name, leaf.default) != leaf.default
        and (name not in user_keys or _is_drawn(leaf, searched))
    )


def reset_inactive(spec: dict[str, Any], inactive: Collection[InactiveDefault]) -> None:
    """Sets each leaf that does not exist under the values of ``spec`` to its default, in place.

    One at rest may be what another needs, which then rests too.
    """

    def lookup(key: str) -> Any:
        return get_path(spec, key, None)

    left = list(inactive)
    while idle := [leaf for leaf in left if not holds(leaf.active_when, lookup)]:
        for leaf in idle:
            set_path(spec, leaf.name, copy_plain(leaf.default))
            left.remove(leaf)


def partly_fixed(
    schema: Schema, searched: Collection[str], user_keys: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Name of each value of the user's that acts in a part of the draws only, and where that is."""
    for name, leaf in schema.leaves.items():
        if name in user_keys and _is_drawn(leaf, searched):
            words = in_words(leaf.x_automl.active_when)
            yield name, f"where {words}; elsewhere the default {leaf.default!r}"


def _is_drawn(leaf: Leaf, searched: Collection[str]) -> bool:
    """Whether draws decide if the leaf exists."""
    return not set(searched).isdisjoint(names_of(leaf.x_automl.active_when))
