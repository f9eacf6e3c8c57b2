"""Checks before a launch: the action's program is there, and the skill checks its data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from automl.errors import InputError
from automl.skill import Action
from automl.spec.nested import copy_plain
from automl.trial.child.program import find_program, script_paths
from automl.trial.files.disk import CheckpointSize, checkpoint_size_from
from automl.trial.worker.entrypoint import check_entrypoint, load_entrypoint


@dataclass(frozen=True)
class Preflight:
    """What a skill's preflight returns: lines for the user, and perhaps its checkpoints' size."""

    lines: tuple[str, ...] = ()
    checkpoints: CheckpointSize | None = None


def preflight(
    action: Action,
    skill_dir: Path,
    spec: Mapping[str, Any],
    *,
    here: bool,
    child: bool,
    direct: bool = False,
    user_keys: Collection[str] = (),
    venv: Path | None = None,
    contained: bool = False,
) -> Preflight:
    """Check the action's program, then call the skill's preflight function, if it has one.

    That function returns lines about the data, and perhaps a mapping with ``checkpoint_bytes`` and
    ``checkpoints_per_trial`` (how many checkpoints of a trial are on the disk at once at most).

    Args:
        action: what a trial runs.
        skill_dir: the skill directory.
        spec: the resolved spec.
        here: whether trials run on this machine; only then must the program be installed here.
        direct: whether the spec runs once on this machine, not in a sweep.
        user_keys: the spec keys that the user set; told to a preflight that takes ``user_keys``.
        child: whether a trial runs the action's command in place of its entrypoint.
        venv: the virtual environment of commands, None for this process's.
        contained: whether the program is that of an image.

    Raises:
        InputError: the program or the entrypoint is missing, or the skill refuses the spec or the
            data, with its message.
    """
    execution = action.execution
    if contained and (execution is None or execution.script is None):
        pass  # the image is asked before the first trial
    elif execution is None:
        _check_program(action, venv)
    elif execution.script is not None:
        _check_script(script_paths(execution, skill_dir), action.name)
    elif here and child:
        _check_program(action, venv)
    elif here and execution.entrypoint is not None:
        # loading is slow, and a preflight loads what it needs anyway
        check = load_entrypoint if execution.preflight is None else check_entrypoint
        check(execution.entrypoint, skill_dir)
    reference = (execution.preflight if execution else None) or action.preflight
    if reference is None:
        return Preflight()
    check_data = load_entrypoint(reference, skill_dir, "preflight")
    told = {"direct": direct, "user_keys": frozenset(user_keys)}
    options = {name: value for name, value in told.items() if name in _options(check_data)}
    with _named_errors(reference):
        return _read_result(check_data(copy_plain(spec), **options) or ())


@contextmanager
def _named_errors(reference: str) -> Iterator[None]:
    """Name the preflight in each error or exit of the block; an InputError keeps its text."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a foreign package's errors share no base with ours
        if getattr(error, "exit_code", None) == InputError.exit_code:
            raise InputError(str(error)) from error
        said = ": ".join(filter(None, (type(error).__name__, str(error))))
        raise InputError(f"the skill's preflight {reference} failed: {said}") from error


def _options(function: Callable[..., Any]) -> Collection[str]:
    try:
        return signature(function).parameters
    except ValueError:  # a builtin says nothing of them
        return ()


def _read_result(result: Iterable[Any]) -> Preflight:
    parts = [result] if isinstance(result, Mapping | str) else list(result)
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
            f" {sys.executable}: install it, or run where it is installed, or in a container"
            " (--container IMAGE)"
        )


def _check_script(paths: tuple[Path, Path], action: str) -> None:
    script, cwd = paths
    if not script.is_file():
        raise InputError(f"action {action} runs the script {script}, which is no file")
    if not cwd.is_dir():
        raise InputError(f"action {action} runs its script in {cwd}, which is no folder")
