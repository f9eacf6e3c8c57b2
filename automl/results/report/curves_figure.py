"""Every trial's learning curve, by how it ended, with the epochs at which a scheduler stops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from automl.constants import COL_NUMBER, TrialState
from automl.results.report.axes import whole_step
from automl.results.report.figure import (
    BASELINE,
    BEST,
    MUTED,
    OTHER_STATE,
    STATE_COLOURS,
    Figure,
    NoFigure,
    metric_axis,
    number,
)
from automl.results.run import Run
from automl.search.scheduler import Scheduler
from automl.trial.history import TrialHistory

_TITLE = "Learning curves"
_ORDER = (
    TrialState.RUNNING,
    TrialState.INTERRUPTED,
    TrialState.FAILED,
    TrialState.STOPPED,
    TrialState.FINISHED,
)
_FAINT = 0.35
_MANY = 40  # curves from which each is drawn fainter


def learning_curves(run: Run) -> Figure | NoFigure:
    """One line for each trial, grouped by state; champion and defaults stand out."""
    curves = {h.number: points for h in run.histories if (points := _points(run, h))}
    if not curves:
        return NoFigure(_TITLE, f"no epoch reported {run.objective.metric}")
    shown = {
        "defaults": (run.baseline, BASELINE),
        "champion": (run.champion, BEST),
    }
    special = {row[COL_NUMBER] for row, _ in shown.values() if row}
    states = {h.number: h.state or TrialState.RUNNING for h in run.histories}
    traces = [
        _trace(state, [(n, curves[n]) for n in curves if states[n] == state and n not in special])
        for state in sorted(set(states.values()), key=_rank)
    ]
    marked = [
        _marked(name, row[COL_NUMBER], curves[row[COL_NUMBER]], colour)
        for name, (row, colour) in shown.items()
        if row and row[COL_NUMBER] in curves
    ]
    rungs, note = _rungs(run)
    return Figure(
        _TITLE,
        [trace for trace in traces if trace["x"]] + marked,
        {
            "xaxis": {
                "title": {"text": "epoch"},
                "rangemode": "tozero",
                "dtick": whole_step(
                    max(epoch for points in curves.values() for epoch, _ in points)
                ),
            },
            "yaxis": {
                "title": {"text": run.objective.metric},
                **metric_axis(
                    [value for points in curves.values() for _, value in points],
                    run.objective.direction,
                ),
            },
            "shapes": [_rung_line(rung) for rung in rungs],
            "annotations": [_rung_label(rung) for rung in rungs],
        },
        note=note,
        height=420,
    )


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else 0


def _points(run: Run, history: TrialHistory) -> list[tuple[int, float]]:
    values = history.values(run.objective).items()
    return [(epoch, found) for epoch, value in values if (found := number(value)) is not None]


def _rungs(run: Run) -> tuple[Sequence[int], str]:
    """The epochs that are marked, and what they are."""
    try:
        scheduler = Scheduler(**(run.plan.get("scheduler") or {}))
    except TypeError:  # another version of automl wrote the plan
        return (), ""
    if not scheduler.acts or not scheduler.rungs:
        return (), ""
    if scheduler.name == "median":
        start = scheduler.grace
        return (start,), "Dotted: the epoch from which on trials worse than the median are stopped."
    return scheduler.rungs, "Dotted: the rungs, epochs after which weak trials are stopped."


def _trace(state: str, curves: Sequence[tuple[int, list[tuple[int, float]]]]) -> dict[str, Any]:
    """All curves of one state as one trace with gaps: a thousand traces would be slow to draw."""
    joined = list(_joined(curves))
    return {
        "type": "scatter",
        "mode": "lines+markers" if len(curves) < _MANY else "lines",
        "name": f"{state} ({len(curves)})",
        "x": [epoch for epoch, _, _ in joined],
        "y": [value for _, value, _ in joined],
        "text": [text for _, _, text in joined],
        "hovertemplate": "trial %{text} · epoch %{x}<br>%{y:.4g}<extra></extra>",
        "connectgaps": False,
        "opacity": 0.7 if len(curves) < _MANY else _FAINT,
        "line": {"width": 1.3, "color": STATE_COLOURS.get(state, OTHER_STATE)},
        "marker": {"size": 4},
    }


def _joined(
    curves: Sequence[tuple[int, list[tuple[int, float]]]],
) -> Iterator[tuple[int | None, float | None, str]]:
    for trial, points in curves:
        for epoch, value in points:
            yield epoch, value, f"{trial:04d}"
        yield None, None, ""


def _marked(name: str, trial: int, points: list[tuple[int, float]], colour: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": f"{name} (trial {trial:04d})",
        "x": [epoch for epoch, _ in points],
        "y": [value for _, value in points],
        "hovertemplate": f"trial {trial:04d} · epoch %{{x}}<br>%{{y:.4g}}<extra></extra>",
        "line": {"width": 3, "color": colour, "dash": "dot" if name == "defaults" else "solid"},
        "marker": {"size": 6},
    }


def _rung_line(rung: int) -> dict[str, Any]:
    line = {"color": MUTED, "width": 1, "dash": "dot"}
    place = {"x0": rung, "x1": rung, "y0": 0, "y1": 1, "yref": "paper"}
    return {"type": "line", "layer": "below", "line": line, **place}


def _rung_label(rung: int) -> dict[str, Any]:
    place = {"x": rung, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False}
    return {"text": str(rung), "font": {"size": 11, "color": MUTED}, **place}
