"""Finds the checkpoint of an earlier job in its results folder: the best epoch's, or the newest.

The best epoch is found in the job's ``status.json``: one JSON line for each report, with ``epoch``
and ``kpi`` (metric -> value).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from automl.constants import BEST_FOLDER, STATUS_FILE
from automl.skill.metric_names import usual_direction
from automl.skill.schema.numbers import is_finite

SUFFIXES: Final = frozenset({".pth", ".pt", ".ckpt", ".tlt", ".safetensors", ".hdf5", ".keras"})
_EPOCH = re.compile(r"epoch[_=-]?(\d+)", re.IGNORECASE)
_STEP = re.compile(r"(?:step|iter)[_=-]?(\d+)", re.IGNORECASE)
_LAST = re.compile(r"last|latest|final", re.IGNORECASE)


def newest_checkpoint(folder: Path) -> Path | None:
    """The checkpoint of the newest epoch below ``folder``; None where there is none."""
    return next(iter(newest_first(folder)), None)


def newest_first(folder: Path) -> list[Path]:
    """The checkpoints below ``folder``, the newest epoch first."""
    return sorted(checkpoint_files(folder), key=_age, reverse=True)


def parent_checkpoint(
    folder: Path,
    metric: str | None,
    direction: str | None,
    reported: Mapping[int, Mapping[str, float]] | None = None,
) -> Path | None:
    """The best checkpoint of a finished job, or of a finished sweep (its ``best`` folder).

    Best by ``metric`` among the epochs that have a file; the newest epoch where no metric was
    reported. ``direction`` is ``maximize`` or ``minimize``; None goes by the metric's name.
    ``reported``: epoch -> metrics, where more than the job's status file is known.
    """
    folder = folder / BEST_FOLDER if (folder / BEST_FOLDER).is_dir() else folder
    files = {epoch_of(path): path for path in sorted(checkpoint_files(folder), key=_age)}
    known = {e: kpi[metric] for e, kpi in (reported or {}).items() if metric and metric in kpi}
    scores = known or _scores(folder, metric)
    scores = {epoch: score for epoch, score in scores.items() if epoch in files}
    if not scores:
        return newest_checkpoint(folder)
    sign = -1.0 if (direction or usual_direction(metric or "")) == "minimize" else 1.0
    return files[max(scores, key=lambda epoch: (sign * scores[epoch], epoch))]


def epoch_of(path: Path) -> int:
    """The epoch in a checkpoint's name, -1 where it names none."""
    match = _EPOCH.search(path.name)
    return int(match[1]) if match else -1


def checkpoint_files(folder: Path) -> Iterator[Path]:
    """The checkpoint files below ``folder``, without links."""
    for path in folder.rglob("*"):
        if path.suffix in SUFFIXES and path.is_file() and not path.is_symlink():
            yield path


def _age(path: Path) -> tuple[int, float, float, str]:
    """Sort by epoch, then step, then time; a name without a step is that of the epoch's end."""
    epoch, step = epoch_of(path), _STEP.search(path.name)
    at_the_end = epoch >= 0 or _LAST.search(path.name)
    place = float(step[1]) if step else math.inf if at_the_end else -1.0
    return epoch, place, path.stat().st_mtime, str(path)


def _scores(folder: Path, metric: str | None) -> dict[int, float]:
    """Epoch -> value of the metric, from every status file below the folder."""
    found: dict[int, float] = {}
    for status in sorted(folder.rglob(STATUS_FILE)) if metric else ():
        for record in _records(status) if status.is_file() else ():
            epoch, kpi = record.get("epoch"), record.get("kpi")
            value = kpi.get(metric) if isinstance(kpi, Mapping) else None
            if isinstance(epoch, int) and is_finite(value):
                found[epoch] = float(value)
    return found


def _records(status: Path) -> Iterator[Mapping[str, Any]]:
    for line in status.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue  # a killed job may leave half a line
        if isinstance(record, Mapping):
            yield record
