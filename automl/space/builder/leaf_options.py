"""The user's own range, choices and weights for the leaves of a schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from automl.errors import SpaceError
from automl.skill import Leaf, Schema
from automl.space.builder.selection import resolve_leaf
from automl.space.builder.user_range import UserRange, given_values, read_choices, read_range
from automl.spec.coerce import coerce
from automl.spec.nested import get_path
from automl.spec.secret_keys import refuse_searched_secrets
from automl.spec.spellings import by_key


@dataclass(frozen=True, slots=True)
class LeafOptions:
    """The user's own range, choices and weights for one leaf."""

    range: UserRange | None = None
    choices: tuple[Any, ...] | None = None
    weights: Any = None


def read_leaf_options(
    schema: Schema,
    shorthand: Mapping[str, str],
    values: Mapping[str, Any],
    given: Mapping[str, Mapping[str, Any]],
) -> dict[str, LeafOptions]:
    """Return what the user says of each leaf.

    Args:
        schema: of the action.
        shorthand: the skill's short names.
        values: the nested base spec.
        given: ``range``, ``choices`` and ``weights``, each name -> what the user wrote.

    Raises:
        SpaceError: a name is no leaf, an option is malformed, or a leaf has a range and choices.
        SpecError: an option names a leaf twice, in two spellings.
        InputError: a value is a secret.
    """
    names: dict[str, str] = {}

    def keys_of(name: str, value: Any) -> dict[str, Any]:
        key = resolve_leaf(schema, name, shorthand)
        names[key] = name
        return {key: value}

    named = {option: by_key(said, keys_of) for option, said in given.items()}
    for option, said in named.items():
        for key, value in said.items():
            # before they are read: messages of other faults show values
            refuse_searched_secrets(key, given_values(option, value), f"--{option} {names[key]}")
    both = named["range"].keys() & named["choices"].keys()
    if both:
        raise SpaceError(f"{', '.join(sorted(both))}: give either a range or choices, not both")
    return {
        key: _of_leaf(schema.leaves[key], get_path(values, key, None), name, named)
        for key, name in names.items()
    }


def _of_leaf(
    leaf: Leaf, like: Any, name: str, named: Mapping[str, Mapping[str, Any]]
) -> LeafOptions:
    """Return the options of one leaf, its choices in the leaf's type; ``like``: its base value."""
    key, found = leaf.name, LeafOptions(weights=named["weights"].get(leaf.name))
    if key in named["range"]:
        found = replace(found, range=read_range(name, named["range"][key]))
    if key in named["choices"]:
        choices = read_choices(name, named["choices"][key])
        found = replace(found, choices=tuple(coerce(leaf, choice, like) for choice in choices))
    if isinstance(found.weights, Mapping):
        typed = {coerce(leaf, choice, like): each for choice, each in found.weights.items()}
        found = replace(found, weights=typed)
    return found
