"""What can be known before a launch: the action's program, and the skill's look at its data."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.errors import InputError
from automl.skill import Action
from automl.trial.child.program import find_program, script_paths
from automl.trial.files.disk import CheckpointSize, checkpoint_size_from
from automl.trial.worker.entrypoint import check_entrypoint, load_entrypoint


@dataclass(frozen=True)
class Preflight:
    """What a skill found: lines for the user, and the size of its checkpoints if it says that."""

    lines: tuple[str, ...] = ()
    checkpoints: CheckpointSize | None = None


def preflight(
    action: Action,
    skill_dir: Path,
    spec: Mapping[str, Any],
    *,
    here: bool,
    child: bool,
    venv: Path | None = None,
) -> Preflight:
    """Return what the skill says of the data; nothing where it declares no preflight.

    Its preflight returns lines; a mapping among them holds facts: ``checkpoint_bytes`` and
    ``checkpoints_per_trial`` (the most that a trial has on the disk at once).

    Args:
        action: what a trial runs.
        skill_dir: the skill directory.
        spec: the resolved spec.
        here: whether trials run on this machine: what they call or start must then be there.
        child: whether a trial runs the action's command, though it has an entrypoint.
        venv: the virtual environment of commands, None for this process's.

    Raises:
        InputError: the program or the entrypoint is missing, or the skill found the spec or the
            data wanting, in its words.
    """
    execution = action.execution
    if execution is None:
        _check_program(action, venv)
    elif execution.script is not None:
        _check_script(script_paths(execution, skill_dir), action.name)
    elif here and child:
        _check_program(action, venv)
    elif here and execution.entrypoint is not None:
        # a skill with a look of its own loads what it needs for that
        check = load_entrypoint if execution.preflight is None else check_entrypoint
        check(execution.entrypoint, skill_dir)
    if execution is None or execution.preflight is None:
        return Preflight()
    look = load_entrypoint(execution.preflight, skill_dir)
    try:
        return _sorted_out(look(dict(spec)) or ())
    except Exception as error:  # a foreign package's errors share no base with ours
        if getattr(error, "exit_code", None) == InputError.exit_code:
            raise InputError(str(error)) from error
        raise InputError(
            f"{execution.preflight} failed: {type(error).__name__}: {error}"
        ) from error


def _sorted_out(said: Iterable[Any]) -> Preflight:
    parts = [said] if isinstance(said, Mapping) else list(said)
    facts: dict[Any, Any] = {}
    for part in parts:
        facts.update(part if isinstance(part, Mapping) else {})
    lines = tuple(str(part) for part in parts if not isinstance(part, Mapping))
    return Preflight(lines, checkpoint_size_from(facts))


def _check_program(action: Action, venv: Path | None) -> None:
    if not action.command:
        raise InputError(f"action {action.name} has neither a command nor an execution")
    program = action.command[0]
    if "{" not in program and find_program(program, venv) is None:
        raise InputError(
            f"action {action.name} runs {program!r}, which is not on the PATH and not beside"
            f" {sys.executable}: install it, or run where it is installed"
        )


def _check_script(paths: tuple[Path, Path], action: str) -> None:
    script, cwd = paths
    if not script.is_file():
        raise InputError(f"action {action} runs the script {script}, which is no file")
    if not cwd.is_dir():
        raise InputError(f"action {action} runs its script in {cwd}, which is no folder")
