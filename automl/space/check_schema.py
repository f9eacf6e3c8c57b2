"""Finds what is wrong inside one schema: unusable keywords and contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from automl.skill import Issue, Leaf, LeafKind, Schema
from automl.skill.schema.activation import is_among, names_of
from automl.skill.schema.dialect import LISTED_NAMES, is_known
from automl.space.builder.draw_order import draw_order
from automl.space.builder.ranges import describe
from automl.space.builder.selection import is_disabled
from automl.spec.nested import flatten, unflatten
from automl.spec.rules import rule_faults
from automl.spec.validate import MANDATORY, relation_faults

KeyFault = tuple[str, str]
"""A dotted key (blank for the schema itself) and its fault."""


def schema_faults(schema: Schema) -> Iterator[KeyFault]:
    """Every fault of a schema, by kind, in the order of the document."""
    for issue in schema.issues:
        if not _is_harmless(issue):
            yield issue.name, f"{issue.keyword}: {issue.message}"
    yield from _broken_json_schema(schema)
    for leaf in schema.leaves.values():
        for message in _leaf_faults(schema, leaf):
            yield leaf.name, message
    needs = {
        name: [*leaf.parents, *names_of(leaf.x_automl.active_when)]
        for name, leaf in schema.leaves.items()
    }
    for name, cycle in draw_order(list(schema.leaves), needs)[1].items():
        yield name, f"depends_on/active_when: form a cycle: {cycle}"


def packaged_faults(schema: Schema) -> Iterator[KeyFault]:
    """Report what does not keep a trainer from running: unknown keywords, defaults out of range."""
    for issue in filter(_is_harmless, schema.issues):
        yield issue.name, f"{issue.keyword}: {issue.message}"
    yield from default_faults(schema)


def _is_harmless(issue: Issue) -> bool:
    """Whether the issue is a keyword of another dialect, or a name in a list that no leaf has."""
    return issue.keyword in LISTED_NAMES or not is_known(issue.keyword)


def _broken_json_schema(schema: Schema) -> Iterator[KeyFault]:
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema.json_schema())
    except SchemaError as exc:
        yield ".".join(map(str, exc.absolute_path)), f"is not valid JSON Schema: {exc.message:.120}"
    except RecursionError:
        yield "", "is nested too deeply for a JSON Schema validator"


def _leaf_faults(schema: Schema, leaf: Leaf) -> Iterator[str]:
    if leaf.bounds.empty:
        yield f"minimum/maximum: its legal range is empty ({describe(leaf.bounds)})"
    search = leaf.x_automl.search
    if search is not None and not all(_inside(leaf, end) for end in search):
        yield f"x_automl.search: {list(search)} leaves what is legal ({describe(leaf.bounds)})"
    wanted = leaf.automl_enabled or leaf.name in schema.default_parameters
    if wanted and is_disabled(schema, leaf.name):
        yield "automl_enabled: is both a default parameter and disabled by its own name"
    yield from _name_faults(schema, leaf)
    yield from _value_faults(schema, leaf)


def _name_faults(schema: Schema, leaf: Leaf) -> Iterator[str]:
    names = {"depends_on": leaf.parents, "active_when": names_of(leaf.x_automl.active_when)}
    if leaf.x_automl.budget is not None:
        names["budget"] = (leaf.x_automl.budget.key,)
    for keyword, keys in names.items():
        for key in keys:
            if key not in schema.leaves:
                yield f"{keyword}: names {key!r}, which is no parameter of this schema"


def _value_faults(schema: Schema, leaf: Leaf) -> Iterator[str]:
    """Report values in conditions that the other leaf never has."""
    pairs = [pair for one in leaf.x_automl.active_when for pair in one.items()]
    for key, allowed in pairs:
        other = schema.leaves.get(key)
        if other is None:
            continue
        options = (False, True) if other.kind is LeafKind.BOOL else other.choices
        strange = [one for one in allowed if options and not _possible(one, other, options)]
        for value in strange:
            if _is_left_open(schema, key, value):
                continue
            yield f"active_when: {key} is never {value!r}, so that condition cannot hold"


def _possible(value: Any, leaf: Leaf, options: tuple[Any, ...]) -> bool:
    return is_among(value, options) or (value is None and leaf.nullable)


def _is_left_open(schema: Schema, key: str, value: Any) -> bool:
    """Whether ``timm:*`` stands for texts that a pattern beside the options allows."""
    if not isinstance(value, str) or not value.endswith("*"):
        return False
    others = frozenset(schema.leaves.keys() - {key})
    faults = rule_faults(schema, unflatten({key: value}), others, allow_missing=others)
    return not any(line.startswith(f"{key}: ") for line in faults)


def _inside(leaf: Leaf, end: float) -> bool:
    """Whether an end of ``search`` is in the closed legal interval."""
    low, high = leaf.bounds.low, leaf.bounds.high
    return (low is None or end >= low) and (high is None or end <= high)


def default_faults(schema: Schema) -> Iterator[KeyFault]:
    """Report defaults that the schema itself refuses."""
    defaults = schema.defaults()
    unset = {name for name, value in flatten(defaults).items() if value == MANDATORY}
    nulls = {n for n, leaf in schema.leaves.items() if leaf.has_default and leaf.default is None}
    scaled = {name for name, leaf in schema.leaves.items() if leaf.x_automl.budget}
    lines = [
        *rule_faults(schema, defaults, frozenset(unset | nulls)),
        *relation_faults(schema, defaults, frozenset(scaled)),
    ]
    for line in lines:
        key, _, message = line.partition(": ")
        yield key, f"default: {message}"
