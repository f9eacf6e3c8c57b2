"""Trial and epoch rows of a run, computed purely from its trials' histories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from automl.constants import (
    COL_BEST_EPOCH,
    COL_CHANGED,
    COL_END,
    COL_EPOCH,
    COL_EPOCHS,
    COL_FAILURE,
    COL_FAULT,
    COL_GPUS,
    COL_HOST,
    COL_NUMBER,
    COL_PARENT,
    COL_SOURCE,
    COL_START,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
    TrialState,
)
from automl.results.epochs import epochs_trained
from automl.results.table.column_names import parameter_names
from automl.trial.history import TrialHistory
from automl.trial.job import trial_id
from automl.trial.ledger.events import EndEvent, StartEvent
from automl.trial.objective import Objective, metric_column


def trial_rows(
    histories: Iterable[TrialHistory],
    objective: Objective,
    further: Sequence[Objective] = (),
    spec: Mapping[str, Any] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Return one row per trial with the columns of ``trials.parquet``.

    A trial's metrics are those of its best epoch by the objective; of the ``further`` ones what it
    reached (:meth:`automl.trial.history.TrialHistory.reached`). ``changed`` names spec keys that
    the trial overrode after it ran out of memory. Without an end event the state is ``running``.
    The run's ``spec`` helps to count epochs (:func:`automl.results.epochs.epochs_trained`).
    """
    return [_trial_row(history, objective, further, spec) for history in histories]


def _trial_row(
    history: TrialHistory,
    objective: Objective,
    further: Sequence[Objective] = (),
    spec: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    start, end = history.start, history.end
    best = history.best_epoch(objective)
    kpi: dict[str, float | None] = {**best.kpi} if best else {}
    if end or best:
        kpi |= {each.metric: history.reached(each.metric, objective) for each in further}
    return {
        COL_TRIAL: trial_id(start.number),
        COL_NUMBER: start.number,
        COL_STATE: history.state or TrialState.RUNNING.value,
        COL_SOURCE: start.source,
        **_parent_column(start),
        **({objective.column: kpi.pop(objective.metric, None)} if objective.metric else {}),
        COL_BEST_EPOCH: best.epoch if best else None,
        **_metric_columns(kpi),
        **{PARAM_PREFIX + name: value for name, value in start.params.items()},
        COL_EPOCHS: epochs_trained(history, spec),
        COL_TIME: history.seconds if end else None,
        COL_START: _moment(start.time),
        **_end_columns(end),
        COL_CHANGED: ", ".join(f"{name}={value}" for name, value in history.changed.items()),
    }


def _end_columns(end: EndEvent | None) -> dict[str, Any]:
    """How a trial ended; empty texts and missing values while it runs."""
    return {
        COL_END: _moment(end.time) if end else None,
        COL_HOST: end.host if end else "",
        COL_GPUS: end.gpu_count if end else None,
        COL_FAILURE: end.failure if end else "",
        COL_FAULT: end.fault if end else "",
    }


def _parent_column(start: StartEvent) -> dict[str, str | None]:
    """The trial that one of a population goes on from; no such column in other runs."""
    if start.until is None:
        return {}
    return {COL_PARENT: None if start.parent is None else trial_id(start.parent)}


def empty_trial_row(
    names: Iterable[str], objective: Objective, further: Sequence[Objective] = ()
) -> dict[str, Any]:
    """Return the columns that a trial with the parameters ``names`` would have, all missing."""
    start = StartEvent(0.0, 0, None, "", dict.fromkeys(names))
    row = _trial_row(TrialHistory(start), objective, further)
    return dict.fromkeys([*row, *(each.column for each in further)])


def epoch_rows(histories: Iterable[TrialHistory]) -> list[dict[str, Any]]:
    """Return one row per reported epoch: trial, epoch, seconds that the trial had run, metrics."""
    rows = []
    for history in histories:
        number = history.number
        for each in history.epochs:
            row = {COL_TRIAL: trial_id(number), COL_NUMBER: number, COL_EPOCH: each.epoch}
            rows.append({**row, COL_TIME: each.seconds, **_metric_columns(each.kpi)})
    return rows


def last_metrics(histories: Iterable[TrialHistory]) -> dict[str, float]:
    """Return what the last epoch of the last trial reported; empty where none did."""
    epochs = [each for history in histories for each in history.epochs]
    return dict(epochs[-1].kpi) if epochs else {}


def _metric_columns(kpi: Mapping[str, float | None]) -> dict[str, float | None]:
    return {metric_column(name): value for name, value in kpi.items()}


def params_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters of a row of the trial table, dotted name -> value."""
    return {
        name.removeprefix(PARAM_PREFIX): value
        for name, value in row.items()
        if name.startswith(PARAM_PREFIX)
    }


def labels_of(rows: Iterable[Mapping[str, Any]], metric: str) -> dict[str, str]:
    """Return each parameter's dotted name -> its short name; ``metric``: a column of its own."""
    columns = dict.fromkeys(tuple(row) for row in rows)  # nearly all trials have the same ones
    names = (name for each in columns for name in params_of(dict.fromkeys(each)))
    return parameter_names(dict.fromkeys(names), metric)


def best_row(rows: Sequence[Mapping[str, Any]], objective: Objective) -> Mapping[str, Any] | None:
    """Return the best row by the objective (the earliest of equals), None when none has a value."""
    best: Mapping[str, Any] | None = None
    for row in rows:
        value = row.get(objective.column)
        if value is None or row[COL_STATE] == TrialState.FAILED:
            continue
        if objective.better(value, best[objective.column] if best else None):
            best = row
    return best


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
