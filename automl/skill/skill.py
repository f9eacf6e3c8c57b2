"""A skill directory, read-only: ``skill_info.yaml``, its actions' schemas and spec templates."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from automl.constants import SCHEMA_FILE, SKILL_INFO_FILE, TEMPLATE_FILE
from automl.errors import SkillError
from automl.skill.code_files import code_files
from automl.skill.files import packaged_skill_dir, read_json, read_yaml
from automl.skill.info import Action, SkillInfo
from automl.skill.info_file import read_info
from automl.skill.overlay_file import NONE, SKILL_OVERLAY, action_overlays, find_overlay
from automl.skill.plain_file import read_bytes
from automl.skill.prose import PROSE_FILE, NamedMetric, read_prose_metrics
from automl.skill.schema.overlay import Overlay
from automl.skill.schema.reader import read_schema
from automl.skill.schema.schema import Schema, copy_plain

_WITH_CODE: Final = "code-"  # begins a digest that covers the skill's code too


@dataclass(frozen=True, slots=True)
class Runnability:
    """Whether AutoML can sweep an action. ``missing``: files that are absent or do not parse."""

    ok: bool
    missing: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Skill:
    """One skill; schemas and templates are read when first asked for.

    ``overlay``: of its model, or the user's. ``shared``: action -> what holds for that action of
    any model where ``overlay`` is not for it.
    """

    directory: Path
    info: SkillInfo
    overlay: Overlay | None = None
    shared: Mapping[str, Overlay] = field(default_factory=dict)
    _schemas: dict[str, Schema] = field(default_factory=dict, repr=False, compare=False)
    _templates: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def actions(self) -> tuple[str, ...]:
        """The names of the skill's actions."""
        return tuple(self.info.actions)

    def action(self, name: str) -> Action:
        """The action ``name``; SkillError with the names that exist."""
        if name not in self.info.actions:
            known = ", ".join(self.actions) or "none at all"
            raise SkillError(f"{self.info.name} has no action {name!r}; it has: {known}")
        return self.info.actions[name]

    def schema(self, action: str) -> Schema:
        """The schema of an action; SkillError when it is missing or cannot be read."""
        if action not in self._schemas:
            path = self.schema_path(action)
            schema = read_schema(read_json(path, within=self.directory), str(path))
            overlay = self._overlay(action, schema)
            self._schemas[action] = overlay.apply(schema) if overlay else schema
        return self._schemas[action]

    def template(self, action: str) -> dict[str, Any]:
        """A fresh copy of an action's default spec; SkillError when missing or malformed."""
        if action not in self._templates:
            path = self.template_path(action)
            values = read_yaml(path, within=self.directory)
            if not isinstance(values, Mapping):
                what = "empty" if values is None else f"{values!r:.60}"
                raise SkillError(f"{path}: must be a mapping (a nested spec), is {what}")
            self._templates[action] = dict(values)
        found: dict[str, Any] = copy_plain(self._templates[action])
        return found

    def overlay_summary(self, action: str) -> str:
        """In a line, which overlay changes what of the action's space; empty without one."""
        schema = self.schema(action)
        candidates = (self.overlay, self.shared.get(action))
        applied = (each for each in candidates if each and each.action == action)
        overlay = next(applied, None) if schema.overlay else None
        return overlay.summary(schema) if overlay else ""

    def _overlay(self, action: str, schema: Schema) -> Overlay | None:
        candidates = (self.overlay, self.shared.get(action))
        return next((each for each in candidates if each and each.fits(action, schema)), None)

    def schema_path(self, action: str) -> Path:
        """The path of the action's schema, whether it exists or not."""
        return self.directory / SCHEMA_FILE.format(action=action)

    def template_path(self, action: str) -> Path:
        """The path of the template: as ``spec_templates`` says (inside the skill), or as usual."""
        declared = self.info.spec_templates.get(action)
        for base in (self.directory, (self.directory / SKILL_INFO_FILE).parent):
            if declared is not None and (path := _inside(self.directory, base / declared)):
                return path
        return self.directory / TEMPLATE_FILE.format(action=action)

    def runnability(self, action: str) -> Runnability:
        """Whether the action can be swept: AutoML is enabled, schema and template can be read."""
        faults = dict(self._unreadable(action))
        missing = tuple(faults)
        if not self.info.automl_enabled:
            reason = f"AutoML is not enabled for {self.info.name}"
        elif missing:
            reason = (
                "AutoML is enabled but not runnable for this model until schemas are generated"
                f" ({'; '.join(faults.values())})"
            )
        else:
            reason = f"AutoML is enabled and {action} has its schema and template"
        return Runnability(self.info.automl_enabled and not missing, missing, reason)

    def _unreadable(self, action: str) -> Iterator[tuple[str, str]]:
        for path, read in (
            (self.schema_path(action), self.schema),
            (self.template_path(action), self.template),
        ):
            try:
                read(action)
            except SkillError as exc:
                relative = path.relative_to(self.directory).as_posix()
                what = "is broken" if os.path.lexists(path) else "is missing"
                yield relative, f"{relative} {what}" if what == "is missing" else str(exc)

    def digest(self) -> str:
        """What tells this state of the skill from another: of its packaged files and its code."""
        code = code_files(self.directory, self.info.actions.values())
        return _WITH_CODE + self._sha256([*self.packaged_files(), *code])

    def has_digest(self, digest: str) -> bool:
        """Whether the skill is in the state of ``digest``; earlier versions left out the code."""
        if digest.startswith(_WITH_CODE):
            return digest == self.digest()
        return digest == self._sha256(self.packaged_files())

    def packaged_files(self) -> list[Path]:
        """The files that say what the skill is: info, schemas, templates and overlay."""
        files = [self.directory / SKILL_INFO_FILE]
        files += sorted(self.directory.glob("schemas/*.json"))
        files += sorted(self.directory.glob(SKILL_OVERLAY))
        files += sorted(
            {*self.directory.glob("references/spec_template_*.yaml"), *self._declared()}
        )
        return files

    def _sha256(self, files: Iterable[Path]) -> str:
        """The sha256 (hex) of names and bytes of files."""
        made = hashlib.sha256()
        for path in files:
            made.update(path.relative_to(self.directory).as_posix().encode() + b"\0")
            content = read_bytes(path)
            made.update(str(len(content)).encode() + b"\0" + content)
        return made.hexdigest()

    def _declared(self) -> Iterator[Path]:
        paths = (self.template_path(action) for action in self.info.spec_templates)
        return (path for path in paths if path.is_file())


def load_skill(directory: Path, overlay: str | None = None) -> Skill:
    """The skill in ``directory``; SkillError names file, key and remedy, all faults at once.

    ``overlay``: a file, or ``none``; see :func:`automl.skill.overlay_file.find_overlay`.
    """
    directory = Path(directory)
    if not directory.is_dir():
        raise SkillError(
            f"{directory}: no such skill directory; give a folder with {SKILL_INFO_FILE}"
        )
    info = read_info(directory / SKILL_INFO_FILE)
    found = find_overlay(directory, info.network_arch or info.name, overlay)
    info = _with_packaged_metric(_with_prose(info, read_prose_metrics(directory)))
    shared = {} if overlay == NONE else action_overlays()
    return Skill(directory.resolve(), info, found, shared)


def _with_prose(info: SkillInfo, metrics: Sequence[NamedMetric]) -> SkillInfo:
    """Add the metrics that ``SKILL.md`` names; the first is the skill's where it has none."""
    known = info.known_metrics | {metric.name for metric in metrics}
    if info.metric is not None or not metrics:
        return replace(info, known_metrics=known)
    first = metrics[0]
    return replace(
        info,
        metric=first.name,
        direction=first.direction,
        metric_source=f"{PROSE_FILE}, {first.label!r}",
        known_metrics=known,
    )


def _with_packaged_metric(info: SkillInfo) -> SkillInfo:
    """Add the packaged skill's metric where a skill of the same network_arch names none."""
    if info.metric is not None or not info.network_arch:
        return info
    try:
        packaged = read_info(packaged_skill_dir() / SKILL_INFO_FILE)
    except SkillError:
        return info  # an installation without the packaged skill
    if packaged.network_arch != info.network_arch or packaged.metric is None:
        return info
    return replace(
        info,
        metric=packaged.metric,
        direction=packaged.direction,
        metric_source=f"the packaged skill {packaged.name}, of the same network_arch,",
        known_metrics=info.known_metrics | {packaged.metric},
    )


def _inside(root: Path, path: Path) -> Path | None:
    """The resolved ``path`` if it is there and inside ``root``, else None."""
    found = Path(os.path.realpath(path))
    return found if found.is_relative_to(os.path.realpath(root)) and found.exists() else None
