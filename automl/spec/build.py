"""Resolves one action's spec: schema defaults, packaged template, the user's file and overrides.

Precedence, lowest first: schema ``default``, packaged template, spec file, overrides.
:mod:`automl.spec.inferred` adds the values that follow from the results folder.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.errors import SkillError, SpecError
from automl.skill import Schema, Skill
from automl.spec.coerce import coerce_all, empty_value, takes_text
from automl.spec.file_changes import file_changes
from automl.spec.files import POLICY_KEY, read_spec_file
from automl.spec.follow_budget import scale_to_budget
from automl.spec.keys import ParsedText, parse_override, resolve_key
from automl.spec.misfit import misfits, missing_keys
from automl.spec.nested import (
    copy_plain,
    flatten,
    get_path,
    merge,
    set_path,
    without_empty_sections,
)
from automl.spec.secret_keys import refuse_secrets
from automl.spec.sections import is_of_other_action
from automl.spec.spellings import by_key, holds_dots, leaves_in, once, undotted
from automl.spec.unknown import unknown_keys
from automl.spec.validate import validate_spec


@dataclass(frozen=True)
class ResolvedSpec:
    """A spec and the origin of its values.

    ``values``: nested. ``user_keys``: dotted leaves that the user fixed. ``trusted``: dotted
    leaves that have the skill's packaged value, which validation accepts as it is. ``packaged``:
    the skill's packaged spec. ``may_lack``: mandatory leaves that the action does not need.
    ``warnings``: where the packaged spec does not fit the packaged schema. ``notes``: what was
    changed or decided, for the user to read.
    """

    values: dict[str, Any]
    user_keys: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    trusted: frozenset[str] = frozenset()
    packaged: Mapping[str, Any] = field(default_factory=dict)
    may_lack: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()

    def validate(self, schema: Schema, values: Mapping[str, Any]) -> None:
        """Raise SpecError if ``values``, this spec completed, break the action's schema."""
        validate_spec(
            schema,
            values,
            allow_missing=self.may_lack,
            trusted=self.trusted,
            packaged=self.packaged,
        )


def build_spec(
    skill: Skill,
    action: str,
    *,
    spec_file: Path | None = None,
    overrides: Mapping[str, Any] | Sequence[str] = (),
    inherited: Mapping[str, Any] | None = None,
) -> ResolvedSpec:
    """Resolve the spec of ``action``; without a packaged schema and template it is not checked.

    ``overrides``: key -> value, or ``"key=value"`` strings whose value is YAML. Keys may be full,
    shorthand or a unique suffix. A spec file fixes what differs from the packaged spec; an override
    always fixes. ``inherited``: dotted key -> value of an earlier job's spec, over the packaged
    values; keys that this action lacks are left out.

    Raises:
        SpecError: unknown or ambiguous keys, or values that the schema refuses; all at once.
        SkillError: the action does not exist.
        InputError: the user's values hold a secret (:mod:`automl.spec.secret_keys`).
    """
    skill.action(action)
    schema = packaged_schema(skill, action)
    packaged = packaged_spec(skill, action)
    from_file = _file_values(spec_file, schema, packaged)
    changes = file_changes(from_file, packaged, schema)
    taken = _keys_of_action(packaged, inherited or {})
    values = merge(merge(packaged, _nested(taken, packaged)), changes.values)
    resolve = _resolver(schema, values if packaged else {}, skill.info.shorthand)
    given = _override_values(overrides, values, schema, resolve)
    values = merge(values, _nested(given, values))
    user_keys = frozenset({*flatten(changes.values), *given})
    touched = frozenset(key.partition("[")[0] for key in (*user_keys, *taken))
    trusted = frozenset(flatten(packaged)) - touched
    refuse_secrets(skill, values, trusted)  # before any other check: messages of faults show values
    coerce_all(schema, values, packaged)
    if schema is None:
        return ResolvedSpec(values, user_keys, changes.note(spec_file), trusted)
    notes = (*changes.note(spec_file), *scale_to_budget(schema, values, touched))
    warnings = misfits(schema, packaged)
    lacking = {*schema.leaves, *missing_keys(warnings)}
    validate_spec(schema, values, allow_missing=lacking, trusted=trusted, packaged=packaged)
    may_lack = {key for key in schema.leaves if is_of_other_action(key, action)}
    may_lack |= missing_keys(warnings) - _needed_inputs(skill, action)
    return ResolvedSpec(
        values, user_keys, notes, trusted, packaged, frozenset(may_lack), tuple(warnings)
    )


def _file_values(
    file: Path | None, schema: Schema | None, packaged: Mapping[str, Any]
) -> dict[str, Any]:
    """The nested values of the user's spec file, in the types that are due."""
    given = read_spec_file(file) if file is not None else {}
    if POLICY_KEY not in packaged:
        given.pop(POLICY_KEY, None)
    if packaged and not holds_dots(packaged):
        given = undotted(given, {*flatten(packaged), *(schema.leaves if schema else ())})
    if packaged:
        _refuse_unknown(given, packaged, schema, file)
    coerce_all(schema, given, packaged)
    return given


def _needed_inputs(skill: Skill, action: str) -> set[str]:
    return {key for key, given in skill.action(action).inputs.items() if not given.optional}


def _keys_of_action(packaged: Mapping[str, Any], inherited: Mapping[str, Any]) -> dict[str, Any]:
    known = flatten(packaged)
    return {key: value for key, value in inherited.items() if key in known or not known}


def packaged_spec(skill: Skill, action: str) -> dict[str, Any]:
    """The spec of ``action`` as the skill packages it."""
    return _template_over_defaults(packaged_schema(skill, action), _template(skill, action))


def packaged_schema(skill: Skill, action: str) -> Schema | None:
    """The action's schema; None where it is not packaged or does not parse."""
    try:
        return skill.schema(action)
    except SkillError:
        return None  # a direct run needs no schema; its route names the missing file


def _template(skill: Skill, action: str) -> dict[str, Any]:
    """The packaged template; empty where there is none.

    Raises:
        SkillError: it is there and cannot be read: no run is right without what it says.
    """
    try:
        return skill.template(action)
    except SkillError:
        if os.path.lexists(skill.template_path(action)):
            raise
        return {}


def _template_over_defaults(schema: Schema | None, template: Mapping[str, Any]) -> dict[str, Any]:
    """The template's values over the schema's defaults, typed."""
    defaults = schema.defaults() if schema else {}
    values = merge(defaults, without_empty_sections(template, defaults))
    coerce_all(schema, values, defaults)
    return values


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
    resolve: Callable[[str], str],
) -> dict[str, Any]:
    """Return dotted leaf -> value; an override of a collection becomes one of each leaf in it."""
    given = overrides if isinstance(overrides, Mapping) else dict(map(parse_override, overrides))
    leaves = {**flatten(values), **(schema.leaves if schema else {})}
    faults: list[str] = []

    def keys_of(name: str, value: Any) -> dict[str, Any]:
        try:
            return once(leaves_in(_section(name, value, leaves) or resolve(name), value, leaves))
        except SpecError as exc:
            faults.append(str(exc))
            return {}

    found = by_key(given, keys_of)
    if faults:
        raise SpecError(faults[0]) if len(faults) == 1 else SpecError("overrides", faults)
    if schema is not None and (unknown := unknown_keys(_nested(found, values), schema, values)):
        raise SpecError("overrides: unknown key(s)", unknown)
    return {key: _filled(schema, key, value, values) for key, value in found.items()}


def _section(name: str, value: Any, leaves: Collection[str]) -> str:
    """The name of a section that a mapping is given for; empty for anything else."""
    of_keys = isinstance(value, Mapping) and any(key.startswith(f"{name}.") for key in leaves)
    return name if of_keys else ""


def _filled(schema: Schema | None, key: str, value: Any, values: Mapping[str, Any]) -> Any:
    """The value; for one of ``--set`` what its text, empty or not, means there."""
    leaf = schema.leaves.get(key) if schema else None
    if isinstance(value, ParsedText):
        return value.text if value.is_odd or takes_text(leaf, value.text) else value.value
    return empty_value(leaf, get_path(values, key, None)) if value == "" else value


def _resolver(
    schema: Schema | None, values: Mapping[str, Any], shorthand: Mapping[str, str]
) -> Callable[[str], str]:
    """Return what finds the key that a user means; without packaged values any key is right."""
    known = {**flatten(values), **(schema.leaves if schema else {})}
    collections = schema.collections if schema else {}

    def resolve(name: str) -> str:
        if not known or (name in collections and name not in shorthand):
            return name
        return resolve_key(name, known, shorthand)

    return resolve


def _nested(given: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The overrides as a nested spec; a key with a list index keeps the list's other items."""
    nested: dict[str, Any] = {}
    for key in sorted(given, key=len):  # a whole list before one element of it
        value = given[key]
        head, bracket, _ = key.partition("[")
        if bracket and get_path(nested, head, None) is None:
            set_path(nested, head, copy_plain(get_path(values, head, [])))
        try:
            set_path(nested, key, copy_plain(value))
        except KeyError as exc:
            raise SpecError(f"override {key}: {exc.args[0]}") from exc
    return nested
