"""Finds a skill's script or program, and sets the environment variables of its process.

The variables are those of the virtual-environment contract for script skills (nvidia-tao-sdk 7.2).
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from automl.skill import Execution
from automl.skill.shell import script_position

BIN: Final = "Scripts" if os.name == "nt" else "bin"


def script_paths(execution: Execution, skill_dir: Path) -> tuple[Path, Path]:
    """Return the script and the folder it runs in; relative ones lie in the skill directory."""
    script, cwd = os.path.expanduser(execution.script or ""), os.path.expanduser(execution.cwd)
    return skill_dir / script, skill_dir / cwd


def fill_placeholders(argv: Sequence[str], values: Mapping[str, str]) -> list[str]:
    """Return ``argv`` with ``{name}`` replaced; in a shell's script each value is quoted."""
    script = script_position(argv)
    return [_fill(word, values, shell=place == script) for place, word in enumerate(argv)]


def _fill(word: str, values: Mapping[str, str], *, shell: bool) -> str:
    for name, value in values.items():
        if shell:  # a placeholder inside quotes needs none of its own
            bare = re.compile(r"(?<!['\"])\{" + name + r"\}")
            word = bare.sub(shlex.quote(value).replace("\\", r"\\"), word)
        word = word.replace("{" + name + "}", value)
    return word


def job_environment(job_id: str, results_dir: Path, venv: Path | None = None) -> dict[str, str]:
    """Return the environment variables of a job's processes.

    ``venv``: the virtual environment that they run in, None for the one of this process.
    """
    variables = {"TAO_JOB_ID": job_id, "TAO_RESULTS_ROOT": str(results_dir)}
    home = venv or (Path(sys.prefix) if sys.prefix != sys.base_prefix else None)
    if home is not None:
        variables["VIRTUAL_ENV"] = str(home)
        variables["PATH"] = os.pathsep.join([str(home / BIN), os.environ.get("PATH", os.defpath)])
    return variables


def find_program(name: str, venv: Path | None = None) -> str | None:
    """Return the path of a program of ``venv``, on the PATH, or installed beside this Python.

    The last finds programs of a virtual environment that is not activated. None where none is.
    """
    inside = shutil.which(name, path=str(venv / BIN)) if venv is not None else None
    return inside or shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
