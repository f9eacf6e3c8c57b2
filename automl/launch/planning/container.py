"""Whether the trials of a run get containers: which engine, which image, and why."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.launch.options import AUTO
from automl.launch.planning.options.trial import NO_CONTAINER, names_image
from automl.launch.request import RunRequest
from automl.skill import Action, Skill
from automl.trial.child.program import find_program
from automl.trial.container.engines import APPTAINER, Engine, find_engine
from automl.trial.container.settings import Container
from automl.trial.secrets import refuse_password

_OURS: Final = ("--name", "--label", "--rm", "--detach", "-d", "--cidfile", "--init", "--pull")


def choose_container(
    request: RunRequest, skill: Skill, action: Action, venv: Path | None
) -> tuple[Container | None, tuple[str, ...]]:
    """Return the container that each trial gets, None for none, and notes on it.

    ``auto``: a container of the skill's image where the action's command is not installed and an
    engine is.

    Raises:
        InputError: the user wants containers and there can be none, or an argument is ours.
    """
    _check_arguments(request.container_args)
    if not names_image(request):
        return _automatic(request, skill, action, venv)
    _check_wanted(request, action)
    engine = find_engine()
    if isinstance(engine, str):
        raise InputError(f"--container needs docker, podman or apptainer: {engine}")
    found = _container(engine, str(request.container), request, skill, action)
    return found, _notes(found)


def _automatic(
    request: RunRequest, skill: Skill, action: Action, venv: Path | None
) -> tuple[Container | None, tuple[str, ...]]:
    unused = (
        ("no effect: --container-arg, as no trial gets a container",)
        if request.container_args
        else ()
    )
    if request.container == NO_CONTAINER and request.container_args:
        raise InputError(
            "--container-arg acts on containers, and --container none asks for none: leave one out"
        )
    image = action.container_image or skill.info.container_image
    if request.container == NO_CONTAINER or image is None or _is_installed(action, venv):
        return None, unused
    engine = find_engine()
    if isinstance(engine, str):
        return None, unused  # the check of the command says that it is missing
    found = _container(engine, image, request, skill, action)
    why = f"{action.command[0]} is not installed here, so the skill's image runs it"
    return found, (f"{why} (--container none turns that off)", *_notes(found))


def _is_installed(action: Action, venv: Path | None) -> bool:
    """Whether an action needs no image: it is our own code, a script, or an installed command."""
    if action.execution is not None or not action.command:
        return True
    program = action.command[0]
    return "{" in program or find_program(program, venv) is not None


def _container(
    engine: Engine, image: str, request: RunRequest, skill: Skill, action: Action
) -> Container:
    return Container(
        engine=engine.name,
        image=image,
        run=secrets.token_hex(6),
        args=tuple(request.container_args),
        network=action.network,
        rootless=engine.rootless,
        variables=skill.info.credentials,
    )


def _notes(container: Container) -> tuple[str, ...]:
    if container.engine == APPTAINER and container.rootless and not container.network:
        return ("apptainer cuts off the network for root alone: trainers can use it",)
    return ()


def _check_wanted(request: RunRequest, action: Action) -> None:
    if request.venv is not None:
        raise InputError("--venv and --container exclude each other: an image has its own programs")
    image = str(request.container)
    refuse_password(image, "--container")
    if not image.strip() or image.startswith("-") or any(sign.isspace() for sign in image):
        raise InputError(
            f"--container {image!r} is no image: give a name such as REGISTRY/NAME:TAG, {AUTO}, or"
            f" {NO_CONTAINER}"
        )
    script = action.execution.script if action.execution else None
    if not action.command and script is None:
        raise InputError(
            f"--container needs a command or a script, and action {action.name} has an entrypoint"
            " alone: leave it out"
        )


def _check_arguments(args: Sequence[str]) -> None:
    for arg in args:
        refuse_password(arg, "--container-arg")
        name = arg.partition("=")[0]
        if not arg or "\0" in arg or name in _OURS:
            why = "is set by the run, which stops and removes its containers" if arg else "is empty"
            raise InputError(f"--container-arg {arg!r} {why}: leave it out")
