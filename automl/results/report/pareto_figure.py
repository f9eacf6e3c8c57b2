"""Two objectives against each other, with the trials that no other one beats in all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automl.constants import COL_STATE, COL_TRIAL, TrialState
from automl.results.pareto import not_dominated
from automl.results.report.figure import BEST, Figure, number, numbers, star
from automl.trial.objective import Objective


def pareto_figures(
    rows: Sequence[Mapping[str, Any]], objectives: Sequence[Objective], champion: str = ""
) -> list[Figure]:
    """Return the first objective against each further one; none where there is one objective.

    Args:
        rows: of the search.
        objectives: the run's.
        champion: its trial of the search, which is marked; empty for none.
    """
    front = {str(rows[place][COL_TRIAL]) for place in not_dominated(rows, objectives)}
    first, *others = objectives
    return [_against(rows, front, first, other, champion) for other in others]


def _against(
    rows: Sequence[Mapping[str, Any]],
    front: set[str],
    one: Objective,
    other: Objective,
    champion: str,
) -> Figure:
    able = [
        row
        for row in rows
        if row[COL_STATE] != TrialState.FAILED
        and number(row.get(one.column)) is not None
        and number(row.get(other.column)) is not None
    ]
    best = sorted((r for r in able if r[COL_TRIAL] in front), key=lambda r: float(r[one.column]))
    rest = [row for row in able if row[COL_TRIAL] not in front]
    traces = [
        _points("beaten by another trial", rest, one, other),
        {
            **_points("Pareto front", best, one, other),
            "mode": "lines+markers",
            "marker": {"size": 9, "color": BEST},
            "line": {"width": 1.5, "color": BEST, "dash": "dot"},
        },
        *(
            star(number(row[one.column]), row[other.column], f"champion: trial {champion}")
            for row in able
            if row[COL_TRIAL] == champion
        ),
    ]
    return Figure(
        f"{one.metric} against {other.metric}",
        [trace for trace in traces if trace["x"]],
        {
            "xaxis": {"title": {"text": f"{one.metric} ({_direction_text(one)})"}},
            "yaxis": {"title": {"text": f"{other.metric} ({_direction_text(other)})"}},
        },
        note="On the front: no other trial is as good in every objective and better in one.",
    )


def _direction_text(objective: Objective) -> str:
    return "higher is better" if objective.direction == "maximize" else "lower is better"


def _points(
    name: str, rows: Sequence[Mapping[str, Any]], one: Objective, other: Objective
) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": numbers([row[one.column] for row in rows]),
        "y": numbers([row[other.column] for row in rows]),
        "text": [str(row[COL_TRIAL]) for row in rows],
        "hovertemplate": "trial %{text}<br>%{x:.4g}, %{y:.4g}<extra></extra>",
        "marker": {"size": 7, "color": "var:--faint"},
    }
