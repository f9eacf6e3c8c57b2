"""The file with what the skill's evaluate action measured of a champion, and of the defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.checked_yaml import read_checked, write_checked
from automl.constants import BEST_FOLDER, EVALUATION_FILE, EVALUATION_FOLDER, LEDGER_FILE
from automl.errors import DamagedFileError
from automl.results.files.shapes import EVALUATION
from automl.results.table.rows import last_metrics
from automl.trial.history import trial_histories
from automl.trial.ledger.writer import read_ledger


def write_evaluation(
    run: Path,
    metrics: Mapping[str, float],
    failure: str,
    final: Mapping[str, Any] | None = None,
) -> None:
    """Write what was measured, or why nothing was, into ``best/`` of the run in a folder.

    ``final``: what a final test says of the defaults, and how both were trained; None without one.
    """
    content = {"metrics": dict(metrics), "failure": failure}
    more = {} if final is None else {"final": dict(final)}
    write_checked(run / BEST_FOLDER / EVALUATION_FILE, {**content, **more})


def read_evaluation_file(run: Path) -> dict[str, Any] | None:
    """Return the content of the file, None without one.

    Where it is damaged, the evaluation's own ledger says what it measured of the champion.

    Raises:
        DamagedFileError: it is damaged, and that ledger holds no metrics.
    """
    try:
        return read_checked(run / BEST_FOLDER / EVALUATION_FILE, EVALUATION)
    except DamagedFileError:
        ledger = run / BEST_FOLDER / EVALUATION_FOLDER / LEDGER_FILE
        metrics = last_metrics(trial_histories(read_ledger(ledger)))
        if not metrics:
            raise
        return {"metrics": metrics, "failure": ""}


def read_evaluation(run: Path) -> tuple[Mapping[str, Any], str] | None:
    """Return the metrics and the failure of a champion's evaluation, None without one.

    Raises:
        DamagedFileError: as :func:`read_evaluation_file`.
    """
    found = read_evaluation_file(run)
    return None if found is None else (found.get("metrics") or {}, found.get("failure") or "")
