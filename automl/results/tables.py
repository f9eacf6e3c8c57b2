"""Trial tables for pandas: written as Parquet, read back from one run or many.

Table rows as plain JSON: whole precision, missing values as null, moments in ISO 8601.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from automl.constants import (
    COL_EPOCH,
    COL_NUMBER,
    COL_TIME,
    COL_TRIAL,
    EPOCHS_FILE,
    LEDGER_FILE,
    PARAM_PREFIX,
    TRIALS_FILE,
)
from automl.results.columns import TEXT, column, declared_values, make, ordered, stack
from automl.results.plan_file import further_of, objective_of, read_plan
from automl.results.rows import empty_trial_row, epoch_rows, trial_rows
from automl.results.run_folders import Runs, run_folders, run_labels
from automl.trial.ledger import read_ledger

RUN_COLUMN = "run"


def load_trials(runs: Runs) -> pd.DataFrame:
    """Return one row per trial of one run folder, a glob of run folders, or several of either.

    Columns: ``trial_id number state source <metric> best_epoch <other metrics> param.<name> ...
    epochs time_s start end host gpu_count failure fault changed``; with several runs a first
    column ``run``; of a population ``parent`` too, the trial that each one went on from. Text is
    ``string``, whole numbers ``Int64``, other numbers ``float64``, truth ``boolean``, ``start`` and
    ``end`` UTC timestamps; lists and choices of mixed types are JSON text. Works while a run
    is going on and after it died. Beside trainings, runs of other actions (evaluate, inference,
    export) are left out; one named alone has its table.

    Raises:
        InputError: no run folder is there.
    """
    return _load(runs, TRIALS_FILE, lambda folder: trial_frame(folder))


def load_epochs(runs: Runs) -> pd.DataFrame:
    """Return one row per reported epoch: ``trial_id number epoch time_s <metrics>``.

    Takes and raises what :func:`load_trials` does.
    """
    return _load(runs, EPOCHS_FILE, lambda folder: epoch_frame(folder))


def write_tables(folder: Path) -> None:
    """Write ``trials.parquet`` and ``epochs.parquet`` of a run from its ledger, atomically."""
    for name, frame in ((TRIALS_FILE, trial_frame(folder)), (EPOCHS_FILE, epoch_frame(folder))):
        unfinished = folder / f".{name}.tmp"
        frame.to_parquet(unfinished, index=False)
        unfinished.replace(folder / name)


def trial_frame(folder: Path) -> pd.DataFrame:
    """Return the trial table of one run, computed from its ledger.

    Without trials it has the same columns, the parameters' too, and no rows.
    """
    plan = read_plan(folder)
    objective, declared = objective_of(plan), declared_values(plan.get("space"))
    further = further_of(plan)
    rows = trial_rows(read_ledger(folder / LEDGER_FILE), objective, further)
    names = [name.removeprefix(PARAM_PREFIX) for name in declared]
    return _frame(rows, like=empty_trial_row(names, objective, further), declared=declared)


def epoch_frame(folder: Path) -> pd.DataFrame:
    """Return the epoch table of one run, computed from its ledger."""
    metric = objective_of(read_plan(folder)).metric
    rows = epoch_rows(read_ledger(folder / LEDGER_FILE))
    names = [COL_TRIAL, COL_NUMBER, COL_EPOCH, COL_TIME, *([metric] if metric else [])]
    return _frame(rows, like=dict.fromkeys(names), declared={})


def _frame(
    rows: Sequence[Mapping[str, Any]], like: Mapping[str, Any], declared: Mapping[str, list[Any]]
) -> pd.DataFrame:
    """Rows as a table of plain types; without rows its columns are those of the row ``like``."""
    names = ordered(name for row in rows or [like] for name in row)
    return pd.DataFrame(
        {n: column(n, [row.get(n) for row in rows], declared.get(n, ())) for n in names}
    )


def _load(runs: Runs, name: str, compute: Any) -> pd.DataFrame:
    folders = run_folders(runs)
    frames = [_fresh(folder, name, compute) for folder in folders]
    if len(frames) == 1:
        return frames[0]
    for label, frame in zip(run_labels(folders), frames, strict=True):
        frame.insert(0, RUN_COLUMN, make([label] * len(frame), TEXT))
    return stack(frames)


def _fresh(folder: Path, name: str, compute: Any) -> pd.DataFrame:
    """Read the run's Parquet table, or compute it where the ledger is newer."""
    table, ledger = folder / name, folder / LEDGER_FILE
    if table.exists() and ledger.exists() and table.stat().st_mtime >= ledger.stat().st_mtime:
        return pd.read_parquet(table)
    frame: pd.DataFrame = compute(folder)
    return frame


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per row that JSON can hold; infinite numbers are null too."""
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in frame.astype(object).to_dict("records")
    ]


def json_text(frame: pd.DataFrame) -> str:
    """Return the rows as a JSON list."""
    return json.dumps(records(frame), ensure_ascii=False, allow_nan=False)


def _plain(value: Any) -> Any:
    if pd.isna(value) or (isinstance(value, float) and abs(value) == float("inf")):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value
