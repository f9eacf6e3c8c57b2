"""Trial and epoch rows of a run, computed purely from its ledger's events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from automl.constants import (
    COL_END,
    COL_EPOCH,
    COL_EPOCHS,
    COL_FAILURE,
    COL_FAULT,
    COL_GPUS,
    COL_HOST,
    COL_NUMBER,
    COL_SOURCE,
    COL_START,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
)
from automl.trial.history import Event, TrialHistory, gather
from automl.trial.job import trial_id
from automl.trial.objective import Objective


def trial_rows(events: Iterable[Event], objective: Objective) -> list[dict[str, Any]]:
    """Return one row per trial with the columns of ``trials.parquet``.

    A trial's metrics are those of its best epoch by the objective. Without an end event the state
    is ``running``.
    """
    return [_trial_row(history, objective) for history in gather(events)]


def _trial_row(history: TrialHistory, objective: Objective) -> dict[str, Any]:
    start, end = history.start, history.end or {}
    best = history.best_epoch(objective)
    kpi = dict(best["kpi"]) if best else {}
    finished = end.get("time")
    return {
        COL_TRIAL: trial_id(start["number"]),
        COL_NUMBER: start["number"],
        COL_STATE: history.state or "running",
        COL_SOURCE: start["source"],
        objective.metric: kpi.pop(objective.metric, None),
        "best_epoch": best["epoch"] if best else None,
        **kpi,
        **{PARAM_PREFIX + name: value for name, value in start["params"].items()},
        COL_EPOCHS: history.epochs[-1]["epoch"] if history.epochs else 0,
        COL_TIME: finished - start["time"] if finished else None,
        COL_START: _moment(start["time"]),
        COL_END: _moment(finished),
        COL_HOST: end.get("host", ""),
        COL_GPUS: end.get("gpu_count"),
        COL_FAILURE: end.get("failure", ""),
        COL_FAULT: end.get("fault", ""),
    }


def epoch_rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return one row per reported epoch: trial, epoch, seconds since the trial's start, metrics."""
    rows = []
    for history in gather(events):
        started = history.start["time"]
        number = history.start["number"]
        for event in history.epochs:
            row = {COL_TRIAL: trial_id(number), COL_NUMBER: number, COL_EPOCH: event["epoch"]}
            rows.append({**row, COL_TIME: event["time"] - started, **event["kpi"]})
    return rows


def champion(rows: Sequence[Mapping[str, Any]], objective: Objective) -> Mapping[str, Any] | None:
    """Return the best row by the objective (the earliest of equals), None when none has a value."""
    best: Mapping[str, Any] | None = None
    for row in rows:
        value = row[objective.metric]
        if value is None or row[COL_STATE] == "failed":
            continue
        if objective.better(value, best[objective.metric] if best else None):
            best = row
    return best


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
