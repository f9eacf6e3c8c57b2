"""Resets conditional parameters to their defaults in draws where they are inactive.

A trainer may refuse a key that has no effect, such as a momentum of 0.8 in a trial that drew Adam.
It accepts the schema's default, so a draw without SGD gets that.
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
    """The leaf ``name`` gets ``default`` in draws where ``active_when`` does not hold."""

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

    A value that the user set is reset only if draws decide whether it is active; one that is
    inactive in every draw is left to the trainer, which may refuse it.
    """
    return tuple(
        InactiveDefault(name, leaf.default, leaf.x_automl.active_when)
        for name, leaf in schema.leaves.items()
        if leaf.has_default
        and leaf.x_automl.active_when
        and leaf.default == leaf.default  # not NaN, which a spec cannot hold
        and get_path(base, name, leaf.default) != leaf.default
        and (name not in user_keys or _is_drawn(leaf, searched))
    )


def reset_inactive(spec: dict[str, Any], inactive: Collection[InactiveDefault]) -> None:
    """Reset each inactive leaf of ``spec`` to its default, in place.

    A reset can make another leaf inactive, so it repeats until nothing changes.
    """

    def lookup(key: str) -> Any:
        return get_path(spec, key, None)

    left = list(inactive)
    while unmet := [leaf for leaf in left if not holds(leaf.active_when, lookup)]:
        for leaf in unmet:
            set_path(spec, leaf.name, copy_plain(leaf.default))
            left.remove(leaf)


def partly_fixed(
    schema: Schema, searched: Collection[str], user_keys: Collection[str]
) -> Iterator[tuple[str, str]]:
    """Yield each leaf that the user set and that only some draws use, and which draws these are."""
    for name, leaf in schema.leaves.items():
        if name in user_keys and _is_drawn(leaf, searched):
            words = in_words(leaf.x_automl.active_when)
            yield name, f"where {words}; elsewhere the default {leaf.default!r}"


def _is_drawn(leaf: Leaf, searched: Collection[str]) -> bool:
    """Whether draws decide if the leaf exists."""
    return not set(searched).isdisjoint(names_of(leaf.x_automl.active_when))
