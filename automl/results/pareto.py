"""Trials that no other one beats in every objective, computed purely from rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from automl.constants import COL_STATE, TrialState
from automl.errors import InputError
from automl.results.run import Run
from automl.results.tables import trial_table
from automl.trial.objective import Objective, dominates, point_of

if TYPE_CHECKING:
    import pandas as pd


Row = Mapping[Any, Any]


def pareto_trials(run: Run) -> pd.DataFrame:
    """Return the rows of a run's trial table that are not dominated, the best of the first first.

    Raises:
        InputError: the folder is no run's, or the run optimises one metric.
    """
    objectives = run.objectives
    if len(objectives) == 1:
        raise InputError(
            f"{run.folder} optimises {objectives[0].metric} alone: a Pareto table is for runs with"
            " several --metric"
        )
    frame = trial_table([run])
    best = frame.iloc[not_dominated(frame.to_dict("records"), objectives)]
    rising = objectives[0].direction == "minimize"
    return best.sort_values(objectives[0].column, ascending=rising, kind="stable").reset_index(
        drop=True
    )


def not_dominated(rows: Sequence[Row], objectives: Sequence[Objective]) -> list[int]:
    """Return the places of the rows that no other row dominates, in order.

    A row dominates another one if it is as good in every objective and better in one. Failed trials
    and those that lack a value are left out; of equals all stay.
    """
    points = {place: point for place, row in enumerate(rows) if (point := _point(row, objectives))}
    return [
        place
        for place, point in points.items()
        if not any(dominates(other, point) for other in points.values())
    ]


def _point(row: Row, objectives: Sequence[Objective]) -> tuple[float, ...] | None:
    if row[COL_STATE] == TrialState.FAILED:
        return None
    return point_of([row.get(objective.column) for objective in objectives], objectives)
