"""Finds the data of one run: below the user's data roots, else where its parent run read them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.errors import InputError
from automl.launch.planning.parents.parent_run import inherited_data
from automl.launch.planning.task import Task
from automl.launch.request import RunRequest
from automl.skill import DataSource, Skill
from automl.spec.inferred import is_empty
from automl.spec.nested import get_path
from automl.trial.data.locate import DataSearch, is_at_hand, locate_data, set_places
from automl.trial.data.roots import DataRoots, read_roots, sources_of


@dataclass(frozen=True)
class RunData:
    """Where the data of one run are.

    Attributes:
        files: spec key of each file -> what the skill declares of it; the spec holds the location.
        roots: the user's data roots, and those of the parent for what the user gives no root.
        notes: what is left out or has no effect, for the user to read.
    """

    files: Mapping[str, DataSource]
    roots: DataRoots
    notes: tuple[str, ...]


def place_data(
    task: Task, request: RunRequest, spec: dict[str, Any], user_keys: Collection[str]
) -> RunData:
    """Set the locations of the action's data in ``spec``; nothing is staged yet.

    Raises:
        InputError: data that the action needs are missing, or ``--data`` is of no use.
    """
    skill, parent = task.skill, task.parent
    sources = read_sources(skill, task.action, spec)
    roots = read_roots(request.data, skill.info)
    readers = [task.action, *([task.measured_by.action] if task.measured_by else [])]
    unused = _unused(roots, skill, readers, spec)
    optional = _optional(skill, task.action) & sources.keys()
    used = inherited_data(parent, skill, task.action, spec) if parent else {}
    used = {
        key: places
        for key, places in used.items()
        if key in sources and not roots.of(sources[key].source)
    }
    spare = optional & _optional_inputs(skill, task.action)  # other data would change its figures
    gone = {key for key in spare & used.keys() if not all(map(is_at_hand, used[key]))}
    inherited = {key: places for key, places in used.items() if key not in gone}
    found = locate_data(DataSearch(sources, spec, roots, user_keys, optional, inherited))
    files: dict[str, DataSource] = {}
    for key, places in found.places.items():
        files |= dict.fromkeys(set_places(spec, key, sources[key], places), sources[key])
    left_out = [
        f"the parent's {', '.join(used[key])} is gone: {key} is left out"
        for key in sorted(gone - found.places.keys())
    ]
    roots = roots.over(parent.roots) if parent else roots
    return RunData(files, roots, (*unused, *found.notes, *left_out))


def read_sources(skill: Skill, action: str, spec: Mapping[str, Any]) -> dict[str, DataSource]:
    """Return the declared files that the action reads with this spec."""
    declared = skill.info.data_sources.get(action, {})
    return {
        key: source
        for key, source in declared.items()
        if source.unless is None or not get_path(spec, source.unless, None)
    }


def _optional(skill: Skill, action: str) -> set[str]:
    sources = skill.info.data_sources.get(action, {})
    own = {key for key, source in sources.items() if source.optional}
    return own | _optional_inputs(skill, action)


def _optional_inputs(skill: Skill, action: str) -> set[str]:
    return {key for key, given in skill.action(action).inputs.items() if given.optional}


def _unused(
    roots: DataRoots, skill: Skill, readers: Sequence[str], spec: Mapping[str, Any]
) -> list[str]:
    """Return a note on each root that no action of the run reads, the spec's action first.

    Raises:
        InputError: the skill declares no data for any action.
    """
    action, sources = readers[0], skill.info.data_sources
    declared = {each.source for name in readers for each in sources.get(name, {}).values()}
    if roots.lines() and not sources_of(skill.info) and not any(skill.info.data_sources.values()):
        inputs = skill.action(action).inputs.items()
        empty = [
            key for key, each in inputs if not each.optional and is_empty(get_path(spec, key, ""))
        ]
        asked = " ".join(f"--set {key}=PATH" for key in empty) or "--set KEY=PATH"
        raise InputError(
            f"--data: {skill.info.name} declares no data_sources that it could serve: give {asked}"
        )
    names = [f"--data {name}=..." for name in roots.named if name not in declared]
    names += ["--data"] if roots.default is not None and not declared else []
    return [f"{name}: action {action} reads no such data, so it has no effect" for name in names]
