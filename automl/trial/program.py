"""Finding the program that a skill's command names."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from automl.trial.script import BIN


def find_program(name: str, venv: Path | None = None) -> str | None:
    """Return the path of a program of ``venv``, on the PATH, or installed beside this Python.

    The last is what a virtual environment holds that nobody activated. None where none is.
    """
    inside = shutil.which(name, path=str(venv / BIN)) if venv is not None else None
    return inside or shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
