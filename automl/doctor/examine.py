"""Runs all checks of ``automl doctor``, each of which may fail without stopping the others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from automl.doctor import machine, places, software
from automl.doctor.line import Check, Line, lines_of

HERE: Final = "runs"


def examine(output: str = HERE, skill_dir: Path | None = None) -> list[Line]:
    """Return the lines of all checks.

    Args:
        output: a folder or URL where runs are to be written.
        skill_dir: a skill to check too.
    """
    folder = Path(HERE if "://" in output else output)
    checks: dict[str, Check] = {
        "Python": software.python,
        "libraries": software.libraries,
        "torch": software.torch_and_gpus,
        "cores": machine.cores,
        "memory": machine.memory,
        "/dev/shm": machine.shared_memory,
        "files": machine.file_descriptors,
        "disk": partial(machine.disk, folder),
        "HOME": places.home,
        "cache": places.cache,
        "containers": software.containers,
        "storage": partial(places.storage, output),
    }
    if skill_dir is not None:
        checks["skill"] = partial(places.skill, skill_dir)
    return [line for name, check in checks.items() for line in lines_of(name, check)]
