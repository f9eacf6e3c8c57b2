"""The best value so far, and what every trial reached."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automl.constants import COL_NUMBER, COL_SOURCE, COL_STATE, COL_TRIAL, TrialSource, TrialState
from automl.results.report.axes import whole_step
from automl.results.report.figure import (
    BASELINE,
    BEST,
    OTHER_STATE,
    STATE_COLOURS,
    Figure,
    NoFigure,
    metric_axis,
    number,
    numbers,
    star,
)
from automl.results.run import HOUR, Run
from automl.trial.objective import Objective

_TITLE = "Best so far"
_ROOM = 30  # 1/30 of an axis is left free at either end

# Sources that stand out from the search.
_NAMED: Mapping[str, str] = {
    TrialSource.DEFAULT: "defaults",
    TrialSource.CONFIRM: "confirmation",
}


def best_so_far(
    run: Run, hovers: Mapping[int, str], objective: Objective | None = None
) -> Figure | NoFigure:
    """Return each trial's value by its number, with the best-so-far line and the champion.

    Args:
        run: the run.
        hovers: trial number -> the text under the pointer.
        objective: a further one of the run; None for what it optimises first.
    """
    title = f"{_TITLE}: {objective.metric}" if objective else _TITLE
    first, objective = objective is None, objective or run.objective
    metric, column = objective.metric, objective.column
    valued = [row for row in run.rows if number(row.get(column)) is not None]
    if not valued:
        return NoFigure(title, f"no trial reached a value of {metric}")
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in valued:
        name = _NAMED.get(str(row[COL_SOURCE]), str(row[COL_STATE]))
        groups.setdefault(name, []).append(row)
    again = _fresh_means(run) if first else []
    traces = [_points(name, rows, column, hovers) for name, rows in groups.items()]
    return Figure(
        title,
        [*traces, _line(objective, valued), *again, *_champion(run, objective, first=first)],
        {
            "xaxis": _trial_axis(run.rows),
            "yaxis": {
                "title": {"text": metric},
                **metric_axis([row[column] for row in valued], objective.direction),
            },
        },
        note="One point per trial; the line is the best value of the search up to there."
        + (" Squares: means of fresh trainings, which decide on the champion." if again else ""),
    )


def _fresh_means(run: Run) -> list[dict[str, Any]]:
    """What the confirmed configurations reached again, each with its standard error."""
    lines = run.confirmation
    if not lines:
        return []
    spreads = [(line.deviation or 0.0) / len(line.values) ** 0.5 for line in lines]
    texts = [
        f"trial {line.trial}: mean {line.mean:.4g} of {len(line.values)} fresh trainings"
        for line in lines
    ]
    return [
        {
            "type": "scatter",
            "mode": "markers",
            "name": "mean of fresh trainings",
            "x": [int(line.trial) for line in lines],
            "y": numbers([line.mean for line in lines]),
            "error_y": {"type": "data", "array": numbers(spreads), "thickness": 1.5, "width": 4},
            "text": texts,
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"symbol": "square", "size": 9, "color": BASELINE},
        }
    ]


def _champion(run: Run, objective: Objective, *, first: bool) -> list[dict[str, Any]]:
    """The champion where it counts: at its mean where it was trained again."""
    found = run.decision
    if found is None:
        return []
    value = found.reached if first else number(found.row.get(objective.column))
    if value is None:
        return []
    text = f"champion: trial {found.trial}<br>{objective.metric} {value:.4g}"
    return [star(int(found.trial), value, text)]


def _trial_axis(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The x axis of trial numbers, with room for the points at its ends."""
    last = max(row[COL_NUMBER] for row in rows)
    room = max(0.5, last / _ROOM)
    return {
        "title": {"text": "trial"},
        "dtick": whole_step(last + 1),
        "range": [-room, last + room],
    }


def _points(
    name: str, rows: Sequence[Mapping[str, Any]], column: str, hovers: Mapping[int, str]
) -> dict[str, Any]:
    defaults, confirmed = name == "defaults", name == "confirmation"
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [row[COL_NUMBER] for row in rows],
        "y": [number(row[column]) for row in rows],
        "text": [hovers[row[COL_NUMBER]] for row in rows],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "size": 11 if defaults else 9,
            "opacity": 0.85,
            "color": BASELINE if defaults else STATE_COLOURS.get(name, OTHER_STATE),
            "symbol": "diamond" if defaults else "circle-open" if confirmed else "circle",
        },
    }


def _line(objective: Objective, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    best, line = None, []
    for row in rows:
        value = row[objective.column]
        if row[COL_SOURCE] == TrialSource.CONFIRM:
            continue
        if row[COL_STATE] != TrialState.FAILED and objective.better(value, best):
            best = value
        line.append((row[COL_NUMBER], best))
    return {
        "type": "scatter",
        "mode": "lines",
        "name": "best so far",
        "x": [trial for trial, _ in line],
        "y": [number(value) for _, value in line],
        "line": {"shape": "hv", "width": 2.5, "color": BEST},
        "hoverinfo": "skip",
    }


def progress_of_runs(runs: Sequence[Run]) -> Figure | NoFigure:
    """Return the best value of each run over its wall time."""
    longest = max((run.wall_seconds for run in runs), default=0.0)
    unit, size = ("hours", HOUR) if longest > HOUR else ("minutes", 60.0)
    traces = [
        trace for index, run in enumerate(runs) if (trace := _over_time(run, index, unit, size))
    ]
    if not traces:
        return NoFigure("Best value over time", "no run has a value yet")
    metric = runs[0].objective.metric
    layout = {
        "xaxis": {"title": {"text": unit}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": metric}},
    }
    return Figure("Best value over time", traces, layout, note="Time that the run itself went on.")


def _over_time(run: Run, index: int, unit: str, size: float) -> dict[str, Any] | None:
    steps = [(best.seconds / size, best.value, best.number) for best in run.bests()]
    if not steps:
        return None
    steps.append((run.wall_seconds / size, steps[-1][1], steps[-1][2]))
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": run.label,
        "x": [number(time) for time, _, _ in steps],
        "y": [number(value) for _, value, _ in steps],
        "text": [f"{run.label} · trial {trial:04d}" for _, _, trial in steps],
        "hovertemplate": f"%{{text}}<br>%{{y}} after %{{x:.3g}} {unit}<extra></extra>",
        "line": {"shape": "hv", "width": 2, "color": f"var:--series-{index % 8}"},
        "marker": {"size": 5},
    }


def hover(row: Mapping[str, Any], objective: Objective, params: Sequence[str]) -> str:
    """Return the text under the pointer on a trial."""
    metric, value = objective.metric, number(row.get(objective.column))
    head = f"<b>trial {row[COL_TRIAL]}</b> · {row[COL_SOURCE]} · {row[COL_STATE]}"
    reached = f"<br>{metric} {value:.4g}" if value is not None else ""
    return "<br>".join([head + reached, *params])
