"""Finds and reads an overlay: the user's, the skill's ``automl.yaml``, or a packaged one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from automl.errors import SkillError
from automl.skill.files import read_yaml
from automl.skill.schema.annotations import Annotations, read_annotations
from automl.skill.schema.numbers import as_due
from automl.skill.schema.overlay import Overlay, OverlayEntry

SKILL_OVERLAY: Final = "automl.yaml"
NONE: Final = "none"
_PACKAGED: Final = Path(__file__).parent / "overlays"
_ACTIONS: Final = _PACKAGED / "actions"
_ANNOTATIONS: Final = frozenset(
    {"search", "scale", "step", "active_when", "options_when", "at_most"}
)
_FLAGS: Final = frozenset({"include", "leave_out"})
_TEXTS: Final = frozenset({"reason", "source"})
_TOP: Final = frozenset({"network_arch", "action", "parameters"})


def find_overlay(directory: Path, network_arch: str, given: str | None = None) -> Overlay | None:
    """Return the overlay for a skill; None where there is none, or ``given`` is ``none``.

    Args:
        directory: the skill's directory, which may hold ``automl.yaml``.
        network_arch: the model's name, under which automl may have packaged one.
        given: the file that the user names; faults in it are errors, elsewhere warnings.

    Raises:
        SkillError: the user's file is missing or has faults, all named at once.
    """
    if given == NONE:
        return None
    if given is not None:
        if not Path(given).is_file():
            raise SkillError(f"{given}: no such file; --overlay takes a YAML file, or none")
        overlay = _read(read_yaml(Path(given), unique=True), given)
        if overlay.problems:
            count = len(overlay.problems)
            raise SkillError(f"the overlay {given} has {count} fault(s)", overlay.problems)
        return overlay
    own = directory / SKILL_OVERLAY
    if os.path.lexists(own):
        return _read(read_yaml(own, within=directory), f"{SKILL_OVERLAY} of the skill")
    return _packaged(network_arch)


@cache
def action_overlays() -> Mapping[str, Overlay]:
    """Return every overlay that automl ships for an action of whatever model, by that action."""
    return {path.stem: _read_packaged(path) for path in sorted(_ACTIONS.glob("*.yaml"))}


def packaged_overlays() -> dict[str, Overlay]:
    """Return every overlay that automl ships, by the network_arch that it is for."""
    return {path.stem: _read_packaged(path) for path in sorted(_PACKAGED.glob("*.yaml"))}


def _packaged(network_arch: str) -> Overlay | None:
    path = _PACKAGED / f"{network_arch.lower().replace('-', '_')}.yaml"
    return _read_packaged(path) if path.is_file() else None


def _read_packaged(path: Path) -> Overlay:
    return replace(_read(read_yaml(path), f"{path.name}, packaged with automl"), packaged=True)


def _read(content: Any, origin: str) -> Overlay:
    if not isinstance(content, Mapping) or not isinstance(content.get("parameters"), Mapping):
        problem = f"overlay {origin}: must hold `parameters`, a mapping of dotted names"
        return Overlay(origin, {}, problems=(problem,))
    problems = [
        f"overlay {origin}: {key}: is not understood; known: {', '.join(sorted(_TOP))}"
        for key in content
        if key not in _TOP
    ]
    entries = {}
    for name, said in content["parameters"].items():
        entry, faults = _entry(said)
        problems += [f"overlay {origin}: {name}: {fault}" for fault in faults]
        entries[str(name)] = entry
    arch, action = content.get("network_arch"), content.get("action")
    overlay = Overlay(origin, entries, str(arch) if arch else None, problems=tuple(problems))
    return replace(overlay, action=str(action)) if action else overlay


def _entry(said: Any) -> tuple[OverlayEntry, list[str]]:
    if not isinstance(said, Mapping):
        return OverlayEntry(), [f"must be a mapping, is {said!r:.60}"]
    faults = list(_faults(said))

    def complain(keyword: str, message: str) -> None:
        faults.append(f"{keyword.removeprefix('x_automl.')}: {message}")

    words = {key: as_due(said[key]) for key in _ANNOTATIONS & said.keys()}
    annotations = read_annotations({"x_automl": words}, complain) if words else Annotations()
    entry = OverlayEntry(
        annotations,
        include=said.get("include") is True,
        leave_out=said.get("leave_out") is True,
        reason=str(said.get("reason") or ""),
        source=str(said.get("source") or ""),
    )
    return entry, faults


def _faults(said: Mapping[Any, Any]) -> Iterator[str]:
    known = _ANNOTATIONS | _FLAGS | _TEXTS
    for key, value in said.items():
        if key not in known:
            yield f"{key}: is not understood; known: {', '.join(sorted(known))}"
        elif key in _FLAGS and not isinstance(value, bool):
            yield f"{key}: must be true or false, is {value!r}"
        elif key in _TEXTS and not isinstance(value, str):
            yield f"{key}: must be text, is {value!r}"
    if said.get("include") is True and said.get("leave_out") is True:
        yield "include and leave_out contradict each other"
    if not said.get("reason"):
        yield "reason: is missing; say why in a sentence"
