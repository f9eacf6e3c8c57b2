"""Warns of schema keywords and conditions that a search space does not respect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from automl.skill import Schema
from automl.skill.schema.activation import names_of


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


def _holds(collection: str, leaf: str) -> bool:
    return not collection or leaf.startswith(f"{collection}.")
