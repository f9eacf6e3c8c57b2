"""Finding the program that a skill's command names."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def find_program(name: str) -> str | None:
    """Return the path of a program on the PATH, else of one installed beside this Python.

    The second is what a virtual environment holds that nobody activated. None where neither is.
    """
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))
