"""Tables of trials and epochs for pandas: of one run or many, written as Parquet or JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from automl.constants import (
    COL_EPOCH,
    COL_NUMBER,
    COL_RUN,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    EPOCHS_FILE,
    PARAM_PREFIX,
    START_FOLDER,
    TRIALS_FILE,
    TrialState,
)
from automl.results.run import Run
from automl.results.run_folders import Runs, read_runs, readable
from automl.results.table.column_names import short_names as column_names
from automl.results.table.columns import (
    TEXT,
    column,
    declared_values,
    make,
    ordered,
    printable,
    stack,
)
from automl.results.table.rows import empty_trial_row, epoch_rows
from automl.results.table.stamp import is_fresh, stamp_tables
from automl.set_aside import put
from automl.trial.objective import metric_column


def load_trials(runs: Runs, *, short_names: bool = False) -> pd.DataFrame:
    """Return one row per trial of one run folder, a glob of run folders, or several of either.

    Columns: ``run trial_id number state source <metric> best_epoch <other metrics> param.<name> ...
    epochs time_s start end host gpu_count failure fault changed``; of a population
    ``parent`` too, the trial that each one went on from. Text is ``string``, whole numbers
    ``Int64``, other numbers ``float64``, truth ``boolean``, ``start`` and ``end`` UTC timestamps,
    lists are lists, choices of mixed types are JSON text. Works while a run
    is going on and after it died. Beside trainings, runs of other actions (evaluate, inference,
    export) are left out; one named alone has its table.

    Args:
        runs: the folders.
        short_names: whether a parameter's column has the short name that ``automl trials`` shows:
            ``base_lr`` for ``param.train.optim.base_lr``.

    Raises:
        InputError: no run folder is there, or none can be read; of several runs, one that cannot
            is left out with a warning.
    """
    found = read_runs(runs)
    frame = _with_lists(_named(found, trial_table(found)), found)
    return frame.rename(columns=column_names(frame.columns)) if short_names else frame


def load_epochs(runs: Runs) -> pd.DataFrame:
    """Return one row per reported epoch: ``run trial_id number epoch time_s <metrics>``.

    Takes and raises what :func:`load_trials` does.
    """
    found = read_runs(runs)
    return _named(found, epoch_table(found))


def trials_of_result(run: Run) -> pd.DataFrame:
    """Return what :func:`load_trials` gives for one run, from a run in memory."""
    return _with_lists(_named([run], trial_frame(run)), [run])


def epochs_of_result(run: Run) -> pd.DataFrame:
    """Return what :func:`load_epochs` gives for one run, from a run in memory."""
    return _named([run], epoch_frame(run))


def _named(runs: Sequence[Run], frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the column ``run``, also of one run alone."""
    if len(runs) == 1:
        frame.insert(0, COL_RUN, make([runs[0].label] * len(frame), TEXT))
    return frame


def _with_lists(frame: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    """Return a table in which parameters whose values are lists hold lists; missing ones None."""
    declared: dict[str, list[Any]] = {}
    for run in runs:
        for name, values in declared_values(run.plan.get("space")).items():
            declared.setdefault(name, []).extend(values)
    for name in frame.columns:
        if name.startswith(PARAM_PREFIX) and frame[name].dtype == TEXT:
            present = [_as_list(cell) for cell in frame[name].dropna()]
            values = [*present, *declared.get(name, ())]
            if values and all(isinstance(value, list) for value in values):
                lists = [_as_list(cell) for cell in frame[name]]
                frame[name] = pd.Series(lists, dtype=object, index=frame.index)
    return frame


def _as_list(cell: Any) -> list[Any] | None:
    if not isinstance(cell, str) or not cell.startswith("["):
        return None
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, list) else None


def trial_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per trial of the runs, as :func:`load_trials` says."""
    return _stacked(runs, TRIALS_FILE, trial_frame)


def epoch_table(runs: Sequence[Run]) -> pd.DataFrame:
    """Return one row per reported epoch of the runs, as :func:`load_epochs` says."""
    return _stacked(runs, EPOCHS_FILE, epoch_frame)


def write_tables(run: Run) -> None:
    """Write ``trials.parquet`` and ``epochs.parquet`` of a run from its ledger, atomically."""
    for name, frame in ((TRIALS_FILE, trial_frame(run)), (EPOCHS_FILE, epoch_frame(run))):
        unfinished = run.folder / f".{name}.tmp"
        frame.to_parquet(unfinished, index=False)
        put(unfinished, run.folder / name)
    stamp_tables(run, (TRIALS_FILE, EPOCHS_FILE))


def trial_frame(run: Run) -> pd.DataFrame:
    """Return the trial table of one run, computed from its ledger.

    Without trials it has the same columns, the parameters' too, and no rows.
    """
    objective, *further = run.objectives
    declared = declared_values(run.plan.get("space"))
    names = [name.removeprefix(PARAM_PREFIX) for name in declared]
    return _frame(run.rows, like=empty_trial_row(names, objective, further), declared=declared)


def with_start_rows(frame: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    """Return a trial table for people, with a row for the checkpoint that each run starts from.

    It is no trial: it has no number, and is in no table for programs.
    """
    rows = []
    for run in runs:
        start = run.start_checkpoint
        if start is not None and start.value is not None:
            metrics = {metric_column(name): value for name, value in start.metrics.items()}
            said = {COL_RUN: run.label, COL_TRIAL: START_FOLDER, COL_SOURCE: "checkpoint"}
            rows.append({**said, COL_STATE: TrialState.FINISHED.value, **metrics})
    names = [name for name in frame.columns if any(name in row for row in rows)]
    added = pd.DataFrame(
        {name: make([row.get(name) for row in rows], str(frame[name].dtype)) for name in names}
    )
    return stack([frame, added])[list(frame.columns)] if rows else frame


def epoch_frame(run: Run) -> pd.DataFrame:
    """Return the epoch table of one run, computed from its ledger."""
    metric = run.objective.column
    names = [COL_TRIAL, COL_NUMBER, COL_EPOCH, COL_TIME, *([metric] if metric else [])]
    return _frame(epoch_rows(run.histories), like=dict.fromkeys(names), declared={})


def _frame(
    rows: Sequence[Mapping[str, Any]], like: Mapping[str, Any], declared: Mapping[str, list[Any]]
) -> pd.DataFrame:
    """Rows as a table of plain types; without rows its columns are those of the row ``like``."""
    names = ordered(name for row in rows or [like] for name in row)
    return pd.DataFrame(
        {printable(n): column(n, [row.get(n) for row in rows], declared.get(n, ())) for n in names}
    )


def _stacked(
    runs: Sequence[Run], name: str, compute: Callable[[Run], pd.DataFrame]
) -> pd.DataFrame:
    """The tables of several runs as one; each is read, or computed where its ledger says more."""

    def read(run: Run) -> pd.DataFrame:
        return pd.read_parquet(run.folder / name) if is_fresh(run, name) else compute(run)

    found = readable(runs, read)
    if len(runs) == 1:
        return found[0][1]
    for run, frame in found:
        frame.insert(0, COL_RUN, make([run.label] * len(frame), TEXT))
    return stack([frame for _, frame in found])


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return one mapping per row that JSON can hold.

    Missing and infinite values are null, moments are written as ISO 8601 says.
    """
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
