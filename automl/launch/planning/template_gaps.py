"""Fills gaps of a packaged template: empty values, and output folders that trials would share."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from automl.skill import Action, Schema
from automl.spec.blanks import blanks_in
from automl.spec.nested import get_path, set_path


def close_gaps(
    action: Action,
    rules: Mapping[str, str],
    spec: dict[str, Any],
    user_keys: Collection[str],
    output: Path,
    schema: Schema | None,
) -> tuple[str, ...]:
    """Set what can be set in a completed spec, and return a warning for each gap.

    Args:
        action: whose declared inputs and outputs say what a key is for.
        rules: its ``spec_params``.
        spec: nested, changed in place.
        user_keys: dotted keys that the user fixed, which stay.
        output: the run's folder; each trial gets its own in its place.
        schema: the action's; a key that it lacks is not added.
    """
    placed = _shared_folders(action, rules, spec, user_keys)
    if schema is not None:
        placed = {key: was for key, was in placed.items() if was or key in schema.leaves}
    for key in placed:
        set_path(spec, key, str(output))
    for key, _ in list(blanks_in(spec)):
        if key in action.inputs and action.inputs[key].optional and key not in user_keys:
            set_path(spec, key, "")
    shared = (_told(key, was) for key, was in placed.items())
    return (*shared, *_open(spec, user_keys))


def _told(key: str, was: str | None) -> str:
    why = f"in place of {was!r}, which all trials would share" if was else "as the skill gives none"
    return f"{key}: each trial's folder, {why}"


def _shared_folders(
    action: Action, rules: Mapping[str, str], spec: Mapping[str, Any], user_keys: Collection[str]
) -> dict[str, str | None]:
    """Output folders of a command that have no path, or a relative one, packaged with it."""
    free = (key for key in action.outputs if key not in rules and key not in user_keys)
    said = {key: get_path(spec, key, None) for key in free if action.outputs[key].type == "folder"}
    is_script = action.execution is not None and action.execution.script is not None
    return {} if is_script else {key: path for key, path in said.items() if _is_no_place(path)}


def _is_no_place(path: Any) -> bool:
    return not path or (isinstance(path, str) and "://" not in path and path[0] not in "/<")


def _open(spec: Mapping[str, Any], user_keys: Collection[str]) -> Iterator[str]:
    for key, blank in blanks_in(spec):
        if key not in user_keys:
            yield f"{key}: the template leaves {blank} open; give it with --set {key}=VALUE"
