"""What can be known before a launch: the action's program, and the skill's look at its data."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.errors import InputError
from automl.skill import Action
from automl.trial.entrypoint import load_entrypoint


def preflight(action: Action, skill_dir: Path, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the skill says of the data; nothing where it declares no preflight.

    Raises:
        InputError: the skill found the spec or the data wanting, in its words.
    """
    execution = action.execution
    if execution is None:
        _check_program(action)
    if execution is None or execution.preflight is None:
        return ()
    check = load_entrypoint(execution.preflight, skill_dir)
    try:
        return tuple(str(line) for line in check(dict(spec)) or ())
    except Exception as error:  # a foreign package's errors share no base with ours
        if getattr(error, "exit_code", None) == InputError.exit_code:
            raise InputError(str(error)) from error
        raise InputError(
            f"{execution.preflight} failed: {type(error).__name__}: {error}"
        ) from error


def _check_program(action: Action) -> None:
    if not action.command:
        raise InputError(f"action {action.name} has neither a command nor an execution")
    program = action.command[0]
    if "{" not in program and shutil.which(program) is None:
        raise InputError(
            f"action {action.name} runs {program!r}, which is not on the PATH: install it, or run"
            " where it is installed"
        )
