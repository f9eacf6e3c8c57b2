"""The command line of an action that runs as a child process, here or in a container."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.skill import Action
from automl.trial.child.program import (
    BIN,
    fill_placeholders,
    find_program,
    job_environment,
    script_paths,
)
from automl.trial.container.command import (
    ContainedProgram,
    apptainer_variables,
    container_command,
    variables_of,
    visible_gpus,
)
from automl.trial.container.engines import APPTAINER
from automl.trial.container.mounts import ContainerPaths, mounts_of
from automl.trial.container.settings import Container
from automl.trial.data.cache import cache_dir
from automl.trial.job import TrialJob

_PYTHON: Final = "python3"  # in an image
_HOME: Final = "home"


@dataclass(frozen=True)
class ChildStart:
    """How a child process is started.

    Attributes:
        argv: the command.
        cwd: where it runs.
        environment: variables beside those of this process.
        container: the name of the container to stop; empty if there is none, or if it ends with
            its process (apptainer).
        program: what errors call it; empty for its own name.
    """

    argv: list[str]
    cwd: Path
    environment: Mapping[str, str]
    container: str = ""
    program: str = ""


def child_start(
    job: TrialJob, spec: Mapping[str, Any], config: Path, folder: Path, job_id: str
) -> ChildStart:
    """Return how the action of a job is started on the spec in the file ``config``.

    Args:
        job: whose action.
        spec: the same as the file holds.
        config: the file.
        folder: where results go; the only folder that a container can write into.
        job_id: the trial's.
    """
    argv, cwd = command_line(job, config, folder, job_id)
    if job.container is None:
        return ChildStart(argv, cwd, job_environment(job_id, folder, job.venv))
    return _contained(job, job.container, spec, folder, job_id, argv)


def _contained(
    job: TrialJob,
    container: Container,
    spec: Mapping[str, Any],
    folder: Path,
    job_id: str,
    argv: list[str],
) -> ChildStart:
    variables = variables_of(container, spec)
    program = ContainedProgram(
        argv=argv,
        name=container.name(job_id),
        mounts=mounts_of(spec, container_paths(job, folder)),
        home=container_home(),
        cwd=_script_folder(job),
        variables=variables,
        gpus=visible_gpus(),
    )
    environment = {"TAO_JOB_ID": job_id, "TAO_RESULTS_ROOT": str(folder)}
    is_process = container.engine == APPTAINER  # which ends as any other does
    if is_process:
        told = {**environment, "PYTHONUNBUFFERED": "1"}
        environment |= apptainer_variables(variables, told)
    return ChildStart(
        container_command(container, program),
        Path.cwd(),
        environment,
        "" if is_process else program.name,
        argv[0],
    )


def container_paths(job: TrialJob, folder: Path) -> ContainerPaths:
    """Return what the container of a trial in ``folder`` sees beside what its spec names."""
    home = container_home()
    home.mkdir(parents=True, exist_ok=True)
    code = [job.skill_dir] if _script_folder(job) is None else [job.skill_dir, _script_folder(job)]
    return ContainerPaths(
        run_dir=job.run_dir,
        folder=folder,
        cache=cache_dir().absolute(),
        home=home,
        data=[Path(source.here()) for source in job.sources.values()],
        code=[path.absolute() for path in code if path is not None],
    )


def container_home() -> Path:
    """Return the folder that stands for HOME in containers: what one downloads, the next has."""
    return cache_dir().absolute() / _HOME


def container_program(action: Action) -> str:
    """Return the program of an image that runs an action."""
    is_script = action.execution is not None and action.execution.script is not None
    return _PYTHON if is_script else action.command[0]


def _script_folder(job: TrialJob) -> Path | None:
    execution = job.action.execution
    if execution is None or not execution.script:
        return None
    return script_paths(execution, job.skill_dir)[1].absolute()


def command_line(
    job: TrialJob, config_path: Path, results_dir: Path, job_id: str
) -> tuple[list[str], Path]:
    """Return the argv list and working directory of an action that runs as a child process.

    In a container the program is the image's.
    """
    filled = {
        "config_path": str(config_path),
        "results_dir": str(results_dir),
        "job_id": job_id,
    }
    execution = job.action.execution
    if execution is not None and execution.script:
        script, cwd = script_paths(execution, job.skill_dir)
        argv = [_python(job), str(script), *execution.args]
    else:
        cwd = Path.cwd()
        program, *words = job.action.command
        own = program if job.container else find_program(program, job.venv)
        argv = [own or program, *words]
    return fill_placeholders(argv, filled), cwd


def _python(job: TrialJob) -> str:
    if job.container is not None:
        return _PYTHON
    return str(job.venv / BIN / "python") if job.venv else sys.executable
