"""Points of ``automl propose``, as files of a run's folder, until its driver takes them."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.constants import PROPOSED_FOLDER

_ENDING: Final = ".json"
VERSION: Final = 1


def put_point(run_dir: Path, values: Mapping[str, Any]) -> Path:
    """Queue a point for the driver of a run, whole or not at all; return its file."""
    folder = run_dir / PROPOSED_FOLDER
    folder.mkdir(exist_ok=True)
    name = f"{time.time_ns():020d}-{os.getpid()}"
    unfinished = folder / f".{name}.tmp"
    unfinished.write_text(json.dumps({"version": VERSION, "point": dict(values)}))
    place = folder / f"{name}{_ENDING}"
    unfinished.rename(place)
    return place


def waiting_points(run_dir: Path) -> list[Path]:
    """Return the files of the points that no driver took yet, the oldest first."""
    try:
        with os.scandir(run_dir / PROPOSED_FOLDER) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(_ENDING)]
    except OSError:
        return []
    return [run_dir / PROPOSED_FOLDER / name for name in sorted(names)]


def read_point(file: Path) -> Mapping[str, Any]:
    """Return the point in a file.

    Raises:
        ValueError: it holds none.
    """
    try:
        content = json.loads(file.read_bytes())
        point = content["point"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        raise ValueError("it holds no point of automl propose") from None
    if content.get("version") != VERSION or not isinstance(point, dict):
        raise ValueError("it holds no point of this version of automl propose")
    return point
