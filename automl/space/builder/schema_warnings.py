"""Warns of schema keywords and conditions that a search space does not respect."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from automl.skill import Leaf, LeafKind, Schema
from automl.skill.schema.activation import names_of
from automl.space.builder.name_hints import Trait, is_learning_rate, trait_of, words_of

MANY: Final = 20


def schema_warnings(schema: Schema, searched: Sequence[str]) -> tuple[str, ...]:
    """Return warnings of unknown keywords, and of conditions that draws do not respect."""
    return tuple(dict.fromkeys(_warnings(schema, searched)))


def _warnings(schema: Schema, searched: Sequence[str]) -> Iterator[str]:
    names = set(searched)
    for issue in schema.issues:
        if issue.constrains or issue.name in names or not issue.name:
            yield str(issue)
    for name, keyword in schema.crossing:
        if name in names or any(_holds(name, leaf) for leaf in searched):
            yield f"{name or '(root)'}: {keyword}: relates several values; draws do not look at it"
    for name in searched:
        yield from _unknown_names(schema, name)


def _unknown_names(schema: Schema, name: str) -> Iterator[str]:
    leaf = schema.leaves[name]
    conditions = names_of(leaf.x_automl.active_when)
    for keyword, keys in (("depends_on", leaf.parents), ("active_when", conditions)):
        for key in keys:
            if key not in schema.leaves:
                yield f"{name}: {keyword}: names {key!r}, which is no parameter of this schema"


def space_warnings(
    schema: Schema, searched: Sequence[str], user_keys: Collection[str]
) -> tuple[str, ...]:
    """Warnings on a space that an expert would not sign: no learning rate, or too many knobs."""
    warnings = list(schema.overlay_warnings)
    rates = [name for name, leaf in schema.leaves.items() if _is_rate(leaf)]
    if searched and rates and not {*rates} & {*searched, *user_keys}:
        warnings.append(
            f"no learning rate is searched; it usually matters most: --search {rates[0]}"
            " together with the others, or an overlay with `include`"
        )
    if len(searched) > MANY:
        warnings.append(
            f"{len(searched)} parameters are more than some dozens of trials can tell apart:"
            " name the ones that matter with --search"
        )
    return tuple(warnings)


def _is_rate(leaf: Leaf) -> bool:
    parts = leaf.name.split(".")[-2:]
    named = any(is_learning_rate(words_of(part)) for part in parts)
    rate = trait_of(leaf.name, leaf.default) is Trait.RATE
    return named and rate and leaf.kind is LeafKind.FLOAT and "decay" not in words_of(leaf.name)


def _holds(collection: str, leaf: str) -> bool:
    return not collection or leaf.startswith(f"{collection}.")
