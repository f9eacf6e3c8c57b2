"""Options of a choice that exist only under some values of another parameter (``options_when``).

If that parameter is fixed, its value removes the options that it rules out. If it is searched, each
draw offers only the options that its drawn value allows. A spec value that is ruled out becomes the
first remaining option, unless the user set it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from automl.skill import Leaf, Schema
from automl.skill.schema.activation import Alternatives, holds, is_among, names_of
from automl.space.inactive import InactiveDefault
from automl.spec.nested import get_path


def with_possible_options(
    schema: Schema,
    values: Mapping[str, Any],
    searched: Collection[str],
    user_keys: Collection[str],
) -> Schema:
    """Return ``schema`` without the options that fixed values rule out.

    A searched parameter loses the values under which what the user set beside it does not exist.
    """
    leaves = dict(schema.leaves)
    for child, key in _conditional(schema):
        if key not in searched:
            left = _left(child, get_path(values, key, None))
            leaves[child.name] = _keep(leaves[child.name], left)
        elif child.name in user_keys:
            own, parent = get_path(values, child.name, None), leaves[key]
            suits = [each for each in parent.choices if is_among(own, tuple(_left(child, each)))]
            leaves[key] = _keep(parent, suits)
    return replace(schema, leaves=leaves)


def option_defaults(
    schema: Schema,
    values: Mapping[str, Any],
    searched: Collection[str],
    user_keys: Collection[str],
) -> Iterator[InactiveDefault]:
    """Yield what a spec gets in place of an option that does not exist in it."""
    for child, key in _conditional(schema):
        if child.name in user_keys:
            continue
        parents = schema.leaves[key].choices
        for value in parents if key in searched else (get_path(values, key, None),):
            left = _left(child, value)
            if left and len(left) < len(child.choices):
                others = tuple(each for each in parents if not is_among(each, (value,)))
                elsewhere = ({key: others},) if others else ()
                conditions: Alternatives = (*elsewhere, {child.name: tuple(left)})
                yield InactiveDefault(child.name, left[0], conditions)


def conditions_in_draws(leaf: Leaf, made: Collection[str]) -> tuple[tuple[str, Alternatives], ...]:
    """Return option -> the condition that draws decide; empty where none is searched."""
    found = leaf.x_automl.options_when
    return tuple((option, when) for option, when in found if set(names_of(when)) & set(made))


def _conditional(schema: Schema) -> Iterator[tuple[Leaf, str]]:
    """Yield each leaf with such options, and the one choice that all its conditions name."""
    for leaf in schema.leaves.values():
        keys = {key for _, when in leaf.x_automl.options_when for key in names_of(when)}
        key = keys.pop() if len(keys) == 1 else ""
        if key in schema.leaves and schema.leaves[key].choices:
            yield leaf, key


def _left(leaf: Leaf, value: Any) -> list[Any]:
    """The options that exist where what they depend on has a value."""
    conditions = dict(leaf.x_automl.options_when)
    return [c for c in leaf.choices if holds(conditions.get(str(c), ()), lambda key: value)]


def _keep(leaf: Leaf, left: Sequence[Any]) -> Leaf:
    """Return the leaf with these options alone; as it is where none is left."""
    kept = [index for index, choice in enumerate(leaf.choices) if is_among(choice, tuple(left))]
    if not kept or len(kept) == len(leaf.choices):
        return leaf
    weights = tuple(leaf.weights[index] for index in kept) if leaf.weights else None
    return replace(leaf, choices=tuple(leaf.choices[index] for index in kept), weights=weights)
