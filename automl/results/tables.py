"""Trial tables for pandas: written as Parquet, read back from one run or many."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from glob import glob
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from automl.constants import (
    COL_EPOCHS,
    COL_NUMBER,
    EPOCHS_FILE,
    LEDGER_FILE,
    PLAN_FILE,
    TRIALS_FILE,
)
from automl.errors import InputError
from automl.results.rows import epoch_rows, trial_rows
from automl.trial.ledger import read_ledger
from automl.trial.objective import Objective

RUN_COLUMN = "run"
_LARGE = 2**63
Runs = str | os.PathLike[str] | Sequence[str | os.PathLike[str]]


def load_trials(runs: Runs) -> pd.DataFrame:
    """Return one row per trial of one run folder, a glob of run folders, or several of either.

    Columns: ``trial_id number state source <metric> best_epoch <other metrics> param.<name> ...
    epochs time_s start end host gpu_count failure fault``; with several runs a first
    column ``run``. Lists among the parameters are JSON text. Works while a run is going on and
    after it died.

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


def read_plan(folder: Path) -> dict[str, Any]:
    """Return a run's plan.

    Raises:
        InputError: the folder holds no plan, so it is no run's folder.
    """
    path = folder / PLAN_FILE
    if not path.is_file():
        raise InputError(f"{folder} is no run's folder: it has no {PLAN_FILE}")
    plan = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(plan, dict):
        raise InputError(f"{path} is damaged: it holds no mapping")
    return plan


def objective_of(plan: Mapping[str, Any]) -> Objective:
    """Return what the run of a plan optimises."""
    return Objective(plan["metric"], plan["direction"])


def is_sweep(plan: Mapping[str, Any]) -> bool:
    """Return whether the run of a plan is a sweep, which can be taken up again."""
    return plan.get("space") is not None


def trial_frame(folder: Path) -> pd.DataFrame:
    """Return the trial table of one run, computed from its ledger."""
    rows = trial_rows(read_ledger(folder / LEDGER_FILE), objective_of(read_plan(folder)))
    names = dict.fromkeys(name for row in rows for name in row)
    frame = pd.DataFrame({name: _column([row.get(name) for row in rows]) for name in names})
    for column in (COL_NUMBER, COL_EPOCHS):
        if column in frame:
            frame[column] = frame[column].astype("int64")
    return frame


def epoch_frame(folder: Path) -> pd.DataFrame:
    """Return the epoch table of one run, computed from its ledger."""
    return pd.DataFrame(epoch_rows(read_ledger(folder / LEDGER_FILE)))


def run_folders(runs: Runs) -> list[Path]:
    """Return the run folders that paths and globs name.

    Raises:
        InputError: a path is no run's folder, or a glob matches none.
    """
    asked = [runs] if isinstance(runs, str | os.PathLike) else list(runs)
    folders: list[Path] = []
    for item in asked:
        found = [Path(item)] if Path(item).is_dir() else [Path(p) for p in sorted(glob(str(item)))]
        folders += [path for path in found if len(found) == 1 or (path / PLAN_FILE).is_file()]
    if not folders:
        raise InputError(f"no run's folder at {', '.join(map(str, asked))}")
    return folders


def _load(runs: Runs, name: str, compute: Any) -> pd.DataFrame:
    folders = run_folders(runs)
    frames = [_fresh(folder, name, compute) for folder in folders]
    if len(frames) == 1:
        return frames[0]
    for folder, frame in zip(folders, frames, strict=True):
        frame.insert(0, RUN_COLUMN, folder.name)
    return pd.concat([frame for frame in frames if len(frame)] or frames, ignore_index=True)


def _fresh(folder: Path, name: str, compute: Any) -> pd.DataFrame:
    """Read the run's Parquet table, or compute it where the ledger is newer."""
    table, ledger = folder / name, folder / LEDGER_FILE
    if table.exists() and ledger.exists() and table.stat().st_mtime >= ledger.stat().st_mtime:
        return pd.read_parquet(table)
    frame: pd.DataFrame = compute(folder)
    return frame


def _column(values: list[Any]) -> list[Any]:
    """Values of one type; lists, mixed types and integers over 64 bits become JSON text."""
    kinds = {type(value) for value in values if value is not None}
    numbers = kinds <= {int, float}
    large = any(isinstance(value, int) and abs(value) >= _LARGE for value in values)
    if (len(kinds) < 2 or numbers) and not large and not kinds & {list, dict}:
        return values
    return [None if value is None else json.dumps(value, default=str) for value in values]
