"""The command line that runs a program in a container, by each engine's own words.

What the user gives by ``--container-arg`` replaces what automl would say of the same thing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.spec.nested import flatten
from automl.trial.container.engines import APPTAINER, program_of
from automl.trial.container.image import image_file
from automl.trial.container.mounts import Mount
from automl.trial.container.settings import Container

RUN_LABEL: Final = "automl.run"
_VISIBLE: Final = "CUDA_VISIBLE_DEVICES"
_NVIDIA: Final = Path("/proc/driver/nvidia/gpus")
_ALWAYS: Final = ("TAO_JOB_ID", "TAO_RESULTS_ROOT", "PYTHONUNBUFFERED", "AUTOML_GPU_FRACTION",
                  "OMP_NUM_THREADS")  # fmt: skip
_BY_NAME: Final = "env:"  # a spec's value that names the variable which holds it


@dataclass(frozen=True)
class ContainedProgram:
    """One program in a container.

    Attributes:
        argv: the program and its arguments.
        name: the container's name.
        mounts: what it sees of the machine's disks.
        home: its HOME.
        cwd: where it runs; None for the image's own folder.
        variables: names of environment variables that it gets from this process's child.
        gpus: the GPUs that it sees.
    """

    argv: Sequence[str]
    name: str
    mounts: Sequence[Mount]
    home: Path
    cwd: Path | None = None
    variables: Sequence[str] = ()
    gpus: Sequence[str] = field(default_factory=tuple)


def variables_of(container: Container, spec: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the variables that a trainer needs: ours, and those that its spec names.

    Only names stand in the command line, so that no secret is seen there.
    """
    values = [value for value in flatten(spec).values() if isinstance(value, str)]
    named = [value.removeprefix(_BY_NAME) for value in values if value.startswith(_BY_NAME)]
    return tuple(dict.fromkeys((*_ALWAYS, *container.variables, *named)))


def visible_gpus(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the GPUs that Ray, or the user, gave this process; ``all`` where nobody said which."""
    said = environment.get(_VISIBLE)
    if said is None:
        return ("all",) if _NVIDIA.is_dir() and any(_NVIDIA.iterdir()) else ()
    given = tuple(word.strip() for word in said.split(",") if word.strip())
    return given if given and given[0] not in ("-1", "NoDevFiles", "none") else ()


def container_command(container: Container, program: ContainedProgram) -> list[str]:
    """Return the command line that runs a program in a container.

    Raises:
        InputError: the engine is not installed here, or a path cannot be mounted.
    """
    if container.engine == APPTAINER:
        return _apptainer(container, program)
    given = _options(container.args)
    return [
        program_of(container.engine), "run", "--init", "--pull", "never",
        "--name", program.name, "--label", f"{RUN_LABEL}={container.run}",
        "--security-opt", "label=disable",
        *_unless(given, ("--user", "-u", "--userns"), _user(container)),
        *_unless(given, ("--network", "--net"), [] if container.network else ["--network", "none"]),
        *_unless(given, ("--shm-size", "--ipc"), ["--shm-size", f"{_half_of_memory()}k"]),
        *_unless(given, ("--gpus", "--device"), _gpus(container.engine, program.gpus)),
        *[word for mount in program.mounts for word in mount.flags],
        *[word for name in program.variables for word in ("--env", name)],
        "--env", f"HOME={program.home}",
        *_unless(
            given, ("--workdir", "-w"), ["--workdir", str(program.cwd)] if program.cwd else []
        ),
        *container.args, container.image, *program.argv,
    ]  # fmt: skip


def _apptainer(container: Container, program: ContainedProgram) -> list[str]:
    """Apptainer's containers are plain child processes; only root can cut them off the network."""
    given = _options(container.args)
    off = not container.network and not container.rootless
    binds = [f"{mount.path}:{mount.path}:{'rw' if mount.writable else 'ro'}"
             for mount in program.mounts]  # fmt: skip
    return [
        program_of(container.engine), "exec", "--containall", "--no-home",
        *_unless(given, ("--net", "--network"), ["--net", "--network", "none"] if off else []),
        *(["--nv"] if program.gpus else []),
        *[word for bind in binds for word in ("--bind", bind)],
        "--env", f"HOME={program.home}",
        *_unless(given, ("--pwd", "--cwd"), ["--pwd", str(program.cwd)] if program.cwd else []),
        *container.args, image_file(container), *program.argv,
    ]  # fmt: skip


def apptainer_variables(names: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables by which apptainer takes others along; it cuts off all that have none.

    It has no flag that names a variable without its value.
    """
    given = {**os.environ, **environment}
    wanted = (*names, _VISIBLE)  # it sees all GPUs: the variable alone says which are the trial's
    return {f"APPTAINERENV_{name}": given[name] for name in wanted if name in given}


def _options(args: Sequence[str]) -> frozenset[str]:
    return frozenset(word.partition("=")[0] for word in args if word.startswith("-"))


def _unless(given: Collection[str], names: Sequence[str], words: list[str]) -> list[str]:
    return [] if any(name in given for name in names) else words


def _user(container: Container) -> list[str]:
    """Let files belong to the caller; a docker without root maps its own root to the caller."""
    if container.rootless and container.engine == "docker":
        return []
    keep = ["--userns", "keep-id"] if container.rootless else []
    groups = [str(group) for group in os.getgroups() if group not in (0, os.getgid())]
    more = [] if container.rootless or not os.getuid() else groups
    added = [word for group in more for word in ("--group-add", group)]
    return [*keep, "--user", f"{os.getuid()}:{os.getgid()}", *added]


def _gpus(engine: str, gpus: Sequence[str]) -> list[str]:
    if not gpus:
        return []
    if engine == "docker":  # the quotes are docker's own: a comma would part two options
        return ["--gpus", "all" if gpus == ("all",) else f'"device={",".join(gpus)}"']
    return [word for gpu in gpus for word in ("--device", f"nvidia.com/gpu={gpu}")]


def _half_of_memory() -> int:
    """Half of the machine's memory in KiB, as Linux gives /dev/shm by itself."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2048
