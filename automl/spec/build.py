"""Resolves one action's spec: schema defaults, packaged template, the user's file and overrides.

Precedence, lowest first (shared/DESIGN.md section 4): schema ``default``, packaged template, spec
file, overrides. What is inferred for a results folder is added by :mod:`automl.spec.inferred`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import SkillError, SpecError
from automl.skill import Schema, Skill
from automl.spec.budget import scale_to_budget
from automl.spec.coerce import coerce
from automl.spec.files import read_spec_file
from automl.spec.keys import resolve_key
from automl.spec.nested import copy_plain, flatten, get_path, merge, set_path
from automl.spec.override import parse_override
from automl.spec.unknown import unknown_keys
from automl.spec.validate import validate_spec

_ABSENT: Any = object()


@dataclass(frozen=True)
class ResolvedSpec:
    """A spec and where it comes from.

    ``values``: nested. ``user_keys``: dotted leaves that the user fixed. ``trusted``: dotted
    leaves that still have the skill's packaged value, which validation does not question.
    ``notes``: what was changed or decided on the way, for the user to read.
    """

    values: dict[str, Any]
    user_keys: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()


def build_spec(
    skill: Skill,
    action: str,
    *,
    spec_file: Path | None = None,
    overrides: Mapping[str, Any] | Sequence[str] = (),
) -> ResolvedSpec:
    """The spec of ``action``; works without a packaged schema or template, then unchecked.

    ``overrides``: key -> value, or ``"key=value"`` strings whose value is YAML. Keys may be full,
    shorthand or a unique suffix. A spec file that names every packaged key is a dump: its entries
    at the packaged default do not count as fixed by the user.

    Raises:
        SpecError: unknown or ambiguous keys, or values that the schema refuses; all at once.
        SkillError: the action does not exist.
    """
    skill.action(action)
    schema, packaged = _packaged(skill, action)
    from_file = read_spec_file(spec_file) if spec_file is not None else {}
    if packaged:
        _refuse_unknown(from_file, packaged, schema, spec_file)
    values = merge(packaged, from_file)
    given = _override_values(overrides, values, schema, skill.info.shorthand)
    values = merge(values, _nested(given, values))
    user_keys = frozenset({*_fixed_by_file(from_file, packaged), *given})
    trusted = frozenset(flatten(packaged)) - user_keys
    if schema is None:
        return ResolvedSpec(values, user_keys, (), trusted)
    coerce_all(schema, values)
    notes = scale_to_budget(schema, values, user_keys)
    validate_spec(schema, values, allow_missing=schema.leaves, trusted=trusted)
    return ResolvedSpec(values, user_keys, notes, trusted)


def _packaged(skill: Skill, action: str) -> tuple[Schema | None, dict[str, Any]]:
    """The schema, and its defaults below the template's values; what is missing is left out."""
    schema = _schema(skill, action)
    values = schema.defaults() if schema else {}
    try:
        values = merge(values, skill.template(action))
    except SkillError:
        return schema, values
    if schema is not None:
        coerce_all(schema, values, packaged=True)
    return schema, values


def _schema(skill: Skill, action: str) -> Schema | None:
    try:
        return skill.schema(action)
    except SkillError:
        return None  # a direct run needs no schema; the route says that it is missing


def coerce_all(schema: Schema, values: dict[str, Any], *, packaged: bool = False) -> None:
    """Type every leaf of the spec in place, where nothing is lost (:mod:`automl.spec.coerce`)."""
    for name, leaf in schema.leaves.items():
        value = get_path(values, name, _ABSENT)
        typed = coerce(leaf, value, packaged=packaged)
        if typed is not value:
            set_path(values, name, typed)


def _refuse_unknown(
    given: Mapping[str, Any], packaged: Mapping[str, Any], schema: Schema | None, file: Path | None
) -> None:
    faults = unknown_keys(given, schema, packaged)
    if faults:
        raise SpecError(f"{file}: {len(faults)} unknown key(s)", faults)


def _override_values(
    overrides: Mapping[str, Any] | Sequence[str],
    values: Mapping[str, Any],
    schema: Schema | None,
    shorthand: Mapping[str, str],
) -> dict[str, Any]:
    """Dotted leaf -> value; an override of a whole collection is taken apart into its leaves."""
    pairs = overrides.items() if isinstance(overrides, Mapping) else map(parse_override, overrides)
    known = {**flatten(values), **(schema.leaves if schema else {})}
    found: dict[str, Any] = {}
    faults: list[str] = []
    for name, value in pairs:
        try:
            key = _key(name, known, schema, shorthand)
        except SpecError as exc:
            faults.append(str(exc))
            continue
        whole = isinstance(value, Mapping) and value and key not in known
        inner = flatten(value) if whole else {"": value}
        found.update({f"{key}.{member}".rstrip("."): item for member, item in inner.items()})
    if faults:
        raise SpecError(faults[0]) if len(faults) == 1 else SpecError("overrides", faults)
    if schema is not None and (unknown := unknown_keys(_nested(found, values), schema, values)):
        raise SpecError("overrides: unknown key(s)", unknown)
    return found


def _key(
    name: str, known: Mapping[str, Any], schema: Schema | None, shorthand: Mapping[str, str]
) -> str:
    if not known or (schema is not None and name in schema.collections and name not in known):
        return shorthand.get(name, name)
    return resolve_key(name, known, shorthand)


def _nested(given: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides as a nested spec; a key with a list index keeps the rest of its list."""
    nested: dict[str, Any] = {}
    for key, value in given.items():
        head, bracket, _ = key.partition("[")
        if bracket and get_path(nested, head, None) is None:
            set_path(nested, head, copy_plain(get_path(values, head, [])))
        try:
            set_path(nested, key, copy_plain(value))
        except KeyError as exc:
            raise SpecError(f"override {key}: {exc.args[0]}") from exc
    return nested


def _fixed_by_file(given: Mapping[str, Any], packaged: Mapping[str, Any]) -> set[str]:
    """The file's leaves, less those of a complete dump that are at their packaged default."""
    flat, default = flatten(given), flatten(packaged)
    if not default or not default.keys() <= flat.keys():
        return set(flat)
    return {key for key, value in flat.items() if key not in default or value != default[key]}
