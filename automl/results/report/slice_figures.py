"""What trials reached by one parameter at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from automl.results.report.axes import CATEGORY, PlotAxis, plotly_axis
from automl.results.report.figure import (
    SCALE,
    SURFACE,
    Figure,
    crosses,
    metric_axis,
    numbers,
    star,
)

_MAX: Final = 12


def slices(
    axes: Sequence[PlotAxis],
    metric: str,
    values: Sequence[float],
    trials: Sequence[str],
    direction: str = "maximize",
    best: str = "",
) -> list[Figure]:
    """Return one small figure for each parameter, the most important ones where there are many.

    Args:
        axes: the parameters, most important first, aligned with the trials.
        metric: the metric's name; values: each trial's.
        trials: their names; after those with a value the failed ones.
        direction: ``maximize`` or ``minimize``; best: the champion's name.
    """
    return [_slice(axis, metric, values, trials, direction, best) for axis in axes[:_MAX]]


def _slice(
    axis: PlotAxis,
    metric: str,
    values: Sequence[float],
    trials: Sequence[str],
    direction: str,
    best: str,
) -> Figure:
    having = [index for index, value in enumerate(axis.values) if value is not None]
    mine, failed = [i for i in having if i < len(values)], [i for i in having if i >= len(values)]
    absent = len(values) - len(mine)
    places = [axis.values[i] for i in mine]
    label = f"{axis.label} %{{x}}<br>{metric} %{{y:.4g}}"
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": places if axis.kind == CATEGORY else numbers(places),
        "y": numbers([values[i] for i in mine]),
        "text": [trials[i] for i in mine],
        "hovertemplate": f"trial %{{text}}<br>{label}<extra></extra>",
        "marker": {
            "size": 8,
            "color": mine,
            "cmin": 0,
            "cmax": max(len(values) - 1, 1),
            "colorscale": SCALE,
            "line": {"width": 0.5, "color": SURFACE},
        },
    }
    limits = metric_axis(values, direction)
    shown = limits.get("range") or [min(values), max(values)]
    floor = shown[0] if limits else shown[0] - 0.08 * (shown[1] - shown[0] or 1.0)
    marks = [
        star(axis.values[i], values[i], f"champion: trial {best}<br>{metric} {values[i]:.4g}")
        for i in mine
        if trials[i] == best
    ]
    if failed:
        places = [axis.values[i] for i in failed]
        marks.append(
            crosses(places, numbers([floor] * len(failed)), [trials[i] for i in failed], axis.label)
        )
    return Figure(
        axis.label,
        [trace, *marks],
        {
            "showlegend": False,
            "xaxis": plotly_axis(axis),
            "yaxis": {"nticks": 5, **limits},
            "margin": {"l": 44, "r": 10, "t": 6, "b": 30},
        },
        note=_note(axis, mine, failed, absent),
        height=220,
    )


def _note(axis: PlotAxis, mine: Sequence[int], failed: Sequence[int], absent: int) -> str:
    """What is said of trials without the parameter, and of choices that only failed trials had."""
    tried = {axis.values[i] for i in mine}
    only = [v for v in axis.categories if v not in tried] if axis.kind == CATEGORY else []
    words = [f"Does not exist in {absent} trials."] if absent else []
    words += [f"Only failed trials had {', '.join(only)}."] if only and failed else []
    return " ".join(words)
