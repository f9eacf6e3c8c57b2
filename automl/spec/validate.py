"""Checks a nested spec against its schema and lists every fault at once.

Types, bounds and enums are checked by jsonschema on the schema's translation; unknown keys,
mandatory keys and relations between leaves, which JSON Schema cannot express, are checked here.
A leaf at the schema's own default is never refused: the trainer accepts its own defaults.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from automl.errors import SpecError
from automl.skill import Leaf, Schema
from automl.skill.schema.activation import holds
from automl.skill.schema.numbers import is_finite
from automl.skill.schema.relation import is_exact_unit, is_multiple
from automl.spec.nested import get_path, merge
from automl.spec.rules import rule_faults
from automl.spec.unknown import unknown_keys

MANDATORY = "???"
_ABSENT: Any = object()


def validate_spec(
    schema: Schema,
    values: Mapping[str, Any],
    *,
    allow_missing: Collection[str] = (),
    trusted: Collection[str] = (),
    packaged: Mapping[str, Any] | None = None,
) -> None:
    """Raise SpecError if a spec breaks its schema.

    Args:
        schema: the action's schema.
        values: the nested spec.
        allow_missing: mandatory leaves that may be unset (they are inferred later).
        trusted: leaves at the skill's packaged value, which is accepted.
        packaged: the skill's packaged spec, whose keys are known even if the schema lacks them.

    Raises:
        SpecError: ``faults`` has one line for each: dotted path, rule, value, hint.
    """
    accepted = frozenset({*trusted, *_at_default(schema, values)})
    faults = [
        *unknown_keys(values, schema, merge(schema.defaults(), packaged or {})),
        *_missing(schema, values, allow_missing),
        *rule_faults(schema, values, accepted, allow_missing),
        *_grid_faults(schema, values, accepted),
        *relation_faults(schema, values, accepted),
    ]
    if faults:
        distinct = list(dict.fromkeys(faults))
        raise SpecError(f"the spec has {len(distinct)} fault(s)", distinct)


def _missing(
    schema: Schema, values: Mapping[str, Any], allow_missing: Collection[str]
) -> Iterator[str]:
    for name, leaf in schema.leaves.items():
        if name in allow_missing:
            continue
        value = get_path(values, name, _ABSENT)
        if value == MANDATORY or (value is _ABSENT and leaf.mandatory and _expected(name, values)):
            yield f"{name}: is mandatory and not set; give it with --set {name}=VALUE"


def _expected(name: str, values: Mapping[str, Any]) -> bool:
    """Whether the spec has the collection that holds the leaf."""
    parent = name.rpartition(".")[0]
    return not parent or isinstance(get_path(values, parent, None), Mapping)


def _at_default(schema: Schema, values: Mapping[str, Any]) -> Iterator[str]:
    for name, leaf in schema.leaves.items():
        value = get_path(values, name, _ABSENT)
        if value == MANDATORY or (
            leaf.has_default and value == leaf.default and type(value) is type(leaf.default)
        ):
            yield name


def _grid_faults(
    schema: Schema, values: Mapping[str, Any], accepted: frozenset[str]
) -> Iterator[str]:
    """Check multiples of a decimal fraction such as 0.1, where JSON Schema validators round."""
    for name, leaf in schema.leaves.items():
        unit = leaf.bounds.multiple_of
        if unit is None or is_exact_unit(unit) or name in accepted:
            continue
        value: Any = get_path(values, name, None)
        if is_finite(value) and not is_multiple(value, unit):
            yield f"{name}: must be a multiple of {unit:g}, is {value!r}"


def relation_faults(
    schema: Schema, values: Mapping[str, Any], trusted: frozenset[str]
) -> Iterator[str]:
    """One line for each relation that does not hold, unless both its ends are trusted."""
    for name, leaf in schema.leaves.items():
        child: Any = get_path(values, name, None) if leaf.relations else None
        if not is_finite(child) or not is_active(leaf, values):
            continue
        for relation in leaf.relations:
            parent: Any = get_path(values, relation.parent, None)
            if not is_finite(parent) or {name, relation.parent} <= trusted:
                continue
            if not relation.holds(child, parent):
                yield f"{name}: must be {relation} (= {parent!r}), is {child!r}"


def is_active(leaf: Leaf, values: Mapping[str, Any]) -> bool:
    """Whether the leaf exists under the other values (``x_automl.active_when``)."""
    return holds(leaf.x_automl.active_when, lambda key: get_path(values, key, None))
