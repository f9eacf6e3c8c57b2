"""Checks a whole skill directory for `automl validate`.

A *fault* is what no run can use: a file that cannot be read, an unknown word, a contradiction. A
*warning* is where packaged files disagree with each other, about which the trainer decides.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from automl.constants import MANIFEST_FILE, SKILL_INFO_FILE
from automl.errors import InputError, SkillError
from automl.skill import Schema, Skill, load_skill
from automl.skill.files import read_json
from automl.skill.info import SkillInfo
from automl.skill.overlay_file import SKILL_OVERLAY
from automl.skill.repeated_keys import repeated_keys_of
from automl.space.check_schema import packaged_faults, schema_faults
from automl.spec.coerce import coerce_all
from automl.spec.inferred import KNOWN_RULES, unknown_rules
from automl.spec.misfit import misfits

_KEY = re.compile(r"(?P<key>[^\s:]+): (?P<message>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault or warning: the file (relative to the skill), its key (or blank), what is wrong."""

    file: str
    key: str
    message: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.key, self.message) if part)


@dataclass(frozen=True, slots=True)
class CheckedSkill:
    """A skill directory, the actions whose schemas were read, and all faults and warnings."""

    directory: Path
    name: str
    actions: tuple[str, ...]
    faults: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()


def find_skills(directory: Path) -> list[Path]:
    """The skill in ``directory``, or every skill below it; SkillError when there is none."""
    if (directory / SKILL_INFO_FILE).is_file():
        return [directory]
    if not directory.is_dir():
        raise SkillError(f"{directory}: no such directory")
    found = sorted(path.parent.parent for path in directory.rglob(SKILL_INFO_FILE))
    if not found:
        raise SkillError(f"{directory}: neither a skill nor a bank: no {SKILL_INFO_FILE} below it")
    return found


def check_skill(directory: Path) -> CheckedSkill:
    """Check one skill and return every fault and warning."""
    try:
        return _checked(load_skill(directory))
    except InputError as exc:
        return CheckedSkill(directory, directory.name, (), tuple(_of_error(exc, directory)))


def _checked(skill: Skill) -> CheckedSkill:
    schemas: dict[str, Schema] = {}
    faults = [
        *_manifest_faults(skill),
        *(fault for action in _actions(skill) for fault in _action_faults(skill, action, schemas)),
        *_rule_faults(skill),
        *_repeated_keys(skill),
    ]
    warnings = [
        *(one for action in _actions(skill) for one in _action_warnings(skill, action, schemas)),
        *_key_warnings(skill, schemas),
        *_overlay_warnings(skill, schemas),
        *_missing_files(skill),
    ]
    return CheckedSkill(
        skill.directory,
        skill.info.name,
        tuple(schemas),
        tuple(dict.fromkeys(faults)),
        tuple(dict.fromkeys(warnings)),
    )


def _actions(skill: Skill) -> list[str]:
    """The declared actions and those that only have a schema file."""
    files = sorted(skill.directory.glob("schemas/*.schema.json"))
    return list(dict.fromkeys([*skill.actions, *(f.name.split(".")[0] for f in files)]))


def _action_faults(skill: Skill, action: str, schemas: dict[str, Schema]) -> Iterator[Finding]:
    schema_file = _relative(skill, skill.schema_path(action))
    if os.path.lexists(skill.schema_path(action)):
        try:
            schemas[action] = skill.schema(action)
        except SkillError as exc:
            yield from _of_error(exc, skill.directory)
        else:
            for key, message in schema_faults(schemas[action]):
                yield Finding(schema_file, key, message)
    if os.path.lexists(skill.template_path(action)) or action in skill.info.spec_templates:
        try:
            skill.template(action)
        except SkillError as exc:
            yield from _of_error(exc, skill.directory)


def _action_warnings(skill: Skill, action: str, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    """Report what the schema packages against its own rules, and a template against its schema."""
    if action not in schemas:
        return
    for key, message in packaged_faults(schemas[action]):
        yield Finding(_relative(skill, skill.schema_path(action)), key, message)
    try:
        values = skill.template(action)
    except SkillError:
        return  # missing, or a fault
    coerce_all(schemas[action], values, schemas[action].defaults())
    for line in misfits(schemas[action], values):
        key, _, message = line.partition(": ")
        yield Finding(_relative(skill, skill.template_path(action)), key, message)


def _rule_faults(skill: Skill) -> Iterator[Finding]:
    """Report words in ``spec_params`` that are neither a rule nor a value of their key."""
    for action in skill.info.spec_params:
        for key, word in unknown_rules(skill, action).items():
            known = ", ".join(sorted(KNOWN_RULES))
            message = f"{word!r} is no inference rule; there are {known}"
            yield Finding(SKILL_INFO_FILE, f"spec_params.{action}.{key}", message)


def _manifest_faults(skill: Skill) -> Iterator[Finding]:
    path = skill.directory / MANIFEST_FILE
    if not os.path.lexists(path):
        return
    try:
        manifest = read_json(path, within=skill.directory)
    except SkillError as exc:
        yield from _of_error(exc, skill.directory)
        return
    actions = manifest.get("actions") if isinstance(manifest, Mapping) else manifest
    if not isinstance(actions, Mapping | list):
        yield Finding(MANIFEST_FILE, "actions", "must list the packaged actions")
        return
    for action in actions:
        if isinstance(action, str) and not skill.schema_path(action).exists():
            file = _relative(skill, skill.schema_path(action))
            yield Finding(MANIFEST_FILE, f"actions.{action}", f"{file} is missing")


def _repeated_keys(skill: Skill) -> Iterator[Finding]:
    """Report keys that stand twice in one mapping: readers differ in which of them counts."""
    for path, line in repeated_keys_of(skill):
        yield Finding(_relative(skill, path), "", line)


def _key_warnings(skill: Skill, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    """Report spec keys that skill_info names and no schema has."""
    info = skill.info
    per_action: list[tuple[str, str, Iterable[str]]] = [
        (f"{section}.{action}", action, table)
        for section, tables in (
            ("data_sources", info.data_sources),
            ("spec_params", info.spec_params),
        )
        for action, table in tables.items()
    ]
    for action, body in info.actions.items():
        per_action.append((f"actions.{action}.inputs", action, body.inputs))
        per_action.append((f"actions.{action}.outputs", action, body.outputs))
    for place, action, keys in per_action:
        if action in schemas:
            yield from _unknown(place, keys, [schemas[action]])
    if schemas:
        everywhere = list(schemas.values())
        for short, key in info.shorthand.items():
            yield from _unknown(f"spec_shorthand_keys.{short}", [key], everywhere, joined=False)
        for place, key in _single_keys(info):
            yield from _unknown(place, [key], everywhere, joined=False)


def _single_keys(info: SkillInfo) -> Iterator[tuple[str, str]]:
    """Yield the place in skill_info and the spec key of each entry that names one."""
    for place in ("gpu_spec_key", "holdout_key", "holdout_seed_key"):
        if key := getattr(info, place):
            yield place, key
    for action, table in info.data_sources.items():
        for key, source in table.items():
            if source.unless:
                yield f"data_sources.{action}.{key}.unless", source.unless


def _unknown(
    place: str, keys: Iterable[str], schemas: list[Schema], *, joined: bool = True
) -> Iterator[Finding]:
    for key in keys:
        if not any(_names(schema, key) for schema in schemas):
            at = f"{place}.{key}" if joined else place
            yield Finding(SKILL_INFO_FILE, at, f"{key!r} is in no schema of this skill")


def _names(schema: Schema, key: str) -> bool:
    """Whether a key (perhaps with a list index) is a place in a spec of this schema."""
    plain = key.partition("[")[0]
    while plain:
        if plain in schema.leaves or plain in schema.collections:
            return plain in schema.leaves or plain == key
        plain = plain.rpartition(".")[0]
    return False


def _overlay_warnings(skill: Skill, schemas: Mapping[str, Schema]) -> Iterator[Finding]:
    """Report what of the skill's own overlay is not understood or fits nothing."""
    overlay = skill.overlay
    if overlay is None or overlay.packaged:
        return
    schema = schemas.get(overlay.action)
    lines = schema.overlay_warnings if schema else overlay.problems
    for line in lines:
        yield Finding(SKILL_OVERLAY, "", line.removeprefix(f"overlay {overlay.origin}: "))
    if schema is None:
        yield Finding(SKILL_OVERLAY, "action", f"{overlay.action!r} has no schema in this skill")


def _missing_files(skill: Skill) -> Iterator[Finding]:
    if not skill.info.automl_enabled or "train" not in skill.actions:
        return
    runnability = skill.runnability("train")
    for file in runnability.missing:
        if not (skill.directory / file).exists():
            yield Finding(file, "", "is missing, although AutoML is enabled")


def _of_error(exc: InputError, root: Path) -> Iterator[Finding]:
    """The faults of a reading error, with paths relative to the skill."""
    for line in exc.faults or (str(exc),):
        for prefix in (f"{root.resolve()}/", f"{root}/"):
            line = line.removeprefix(prefix)
        file, _, rest = line.partition(": ")
        match = _KEY.fullmatch(rest)
        yield Finding(file, match["key"], match["message"]) if match else Finding(file, "", rest)


def _relative(skill: Skill, path: Path) -> str:
    return path.relative_to(skill.directory).as_posix()
