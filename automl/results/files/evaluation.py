"""The file with what the skill's evaluate action measured of a champion."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.checked_yaml import read_checked, write_checked
from automl.constants import BEST_FOLDER, EVALUATION_FILE, EVALUATION_FOLDER
from automl.errors import DamagedFileError
from automl.results.files.shapes import EVALUATION
from automl.results.rows import last_metrics
from automl.results.run import Run


def write_evaluation(run: Path, metrics: Mapping[str, float], failure: str) -> None:
    """Write what was measured, or why nothing was, into ``best/`` of the run in a folder."""
    content = {"metrics": dict(metrics), "failure": failure}
    write_checked(run / BEST_FOLDER / EVALUATION_FILE, content)


def read_evaluation(run: Path) -> tuple[Mapping[str, Any], str] | None:
    """Return the metrics and the failure of a champion's evaluation, None without one.

    Where the file is damaged, the evaluation's own ledger says what it measured.

    Raises:
        DamagedFileError: it is damaged, and that ledger holds no metrics.
    """
    try:
        found = read_checked(run / BEST_FOLDER / EVALUATION_FILE, EVALUATION)
    except DamagedFileError:
        metrics = last_metrics(Run(run / BEST_FOLDER / EVALUATION_FOLDER).histories)
        if not metrics:
            raise
        return metrics, ""
    if found is None:
        return None
    return found.get("metrics") or {}, found.get("failure") or ""
