"""All figures of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.constants import COL_NUMBER, COL_STATE, COL_TRIAL, PARAM_PREFIX, TrialState
from automl.results.importances import run_importances
from automl.results.report.axes import NUMBER, PlotAxis, make_axes
from automl.results.report.contour_figures import contours
from automl.results.report.curves_figure import learning_curves
from automl.results.report.figure import Figure, NoFigure, number
from automl.results.report.importance_figure import importance_bars
from automl.results.report.parallel_figure import parallel_coordinates
from automl.results.report.pareto_figure import pareto_figures
from automl.results.report.progress_figure import best_so_far, hover
from automl.results.report.slice_figures import slices
from automl.results.report.text import short_text
from automl.results.report.timeline_figure import timeline
from automl.results.run import Run
from automl.search.importance import Importances
from automl.trial.objective import Objective

_MIN_FINISHED: Final = 8  # finished trials from which the stopped ones are left out


@dataclass(frozen=True)
class RunFigures:
    """The figures of one run; where one cannot be drawn, the reason."""

    progress: Figure | NoFigure
    pareto: Sequence[Figure]
    further: Sequence[Figure | NoFigure]
    timeline: Figure | NoFigure
    curves: Figure | NoFigure
    importance: Figure | NoFigure
    further_importance: Sequence[Figure | NoFigure]
    parallel: Figure | NoFigure
    slices: Sequence[Figure]
    contours: Sequence[Figure] | NoFigure
    left_out: str


def run_figures(run: Run, labels: Mapping[str, str]) -> RunFigures:
    """Return the figures of ``run``; ``labels``: a parameter's dotted name -> its short name."""
    objective = run.objective
    metric, direction = objective.metric, objective.direction
    rows, left_out = _comparable(run)
    values, trials = (
        [float(row[objective.column]) for row in rows],
        [str(row[COL_TRIAL]) for row in rows],
    )
    failed = [row for row in run.searched if row[COL_STATE] == TrialState.FAILED]
    trials += [str(row[COL_TRIAL]) for row in failed]
    best = run.decision.trial if run.decision else ""
    found, others = run.importances, run.objectives[1:]
    axes = _by_importance(make_axes(run.plan.get("space"), [*rows, *failed], labels), found)
    clear = {item.name for item in found.items if item.clear}
    hovers = {row[COL_NUMBER]: _hover(row, objective, labels) for row in run.rows}
    return RunFigures(
        progress=best_so_far(run, hovers),
        further=[best_so_far(run, hovers, each) for each in others],
        timeline=timeline(run),
        pareto=pareto_figures(run.searched, run.objectives, best),
        curves=learning_curves(run),
        importance=importance_bars(found, labels),
        further_importance=[
            importance_bars(
                run_importances(run.plan, run.histories, run.rows, each), labels, each.metric
            )
            for each in others
        ],
        parallel=parallel_coordinates(
            axes, metric, values, direction, trials, best, _further_axes(others, rows, failed)
        ),
        slices=slices(axes, metric, values, trials, direction, best) if len(values) > 1 else (),
        contours=contours(axes, metric, values, direction, trials, clear, best),
        left_out=left_out,
    )


def _further_axes(
    objectives: Sequence[Objective],
    rows: Sequence[Mapping[str, Any]],
    failed: Sequence[Mapping[str, Any]],
) -> list[PlotAxis]:
    """An axis for each further objective that took two values; failed trials have none."""
    axes = [
        PlotAxis(
            each.metric,
            each.metric,
            NUMBER,
            (*(number(row.get(each.column)) for row in rows), *(None for _ in failed)),
        )
        for each in objectives
    ]
    return [axis for axis in axes if len(axis.categories) > 1]


def _comparable(run: Run) -> tuple[list[dict[str, Any]], str]:
    """The trials whose values can be compared, and a sentence about the others.

    Stopped trials trained fewer epochs: they are left out if enough trials finished.
    """
    valued = [row for row in run.searched if number(row.get(run.objective.column)) is not None]
    finished = [row for row in valued if row[COL_STATE] == TrialState.FINISHED]
    if len(finished) < _MIN_FINISHED:
        return [row for row in valued if row[COL_STATE] != TrialState.FAILED], ""
    others = sum(row[COL_STATE] not in (TrialState.FINISHED, TrialState.FAILED) for row in valued)
    return finished, f" {others} trials that did not finish are left out." if others else ""


def _by_importance(axes: Sequence[PlotAxis], found: Importances) -> list[PlotAxis]:
    share = {item.name: item.share for item in found.items}
    return sorted(axes, key=lambda axis: -share.get(axis.name, 0.0))


def _hover(row: Mapping[str, Any], objective: Objective, labels: Mapping[str, str]) -> str:
    params = [
        f"{labels.get(name.removeprefix(PARAM_PREFIX), name)} {short_text(value)}"
        for name, value in row.items()
        if name.startswith(PARAM_PREFIX)
    ]
    return hover(row, objective, params)
