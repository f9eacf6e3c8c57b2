"""What trials reached by one parameter at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from automl.results.report.axes import CATEGORY, Axis, plotly_axis
from automl.results.report.figure import SCALE, SURFACE, Figure, numbers

_MAX: Final = 12


def slices(
    axes: Sequence[Axis], metric: str, values: Sequence[float], trials: Sequence[str]
) -> list[Figure]:
    """Return one small figure for each parameter, the most important ones where there are many.

    Args:
        axes: the parameters, most important first, aligned with the trials.
        metric: the metric's name; values: each trial's; trials: their names.
    """
    return [_slice(axis, metric, values, trials) for axis in axes[:_MAX]]


def _slice(axis: Axis, metric: str, values: Sequence[float], trials: Sequence[str]) -> Figure:
    mine = [index for index, value in enumerate(axis.values) if value is not None]
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
    return Figure(
        axis.label,
        [trace],
        {
            "showlegend": False,
            "xaxis": plotly_axis(axis),
            "yaxis": {"nticks": 5},
            "margin": {"l": 44, "r": 10, "t": 6, "b": 30},
        },
        note=f"Does not exist in {absent} trials." if absent else "",
        height=220,
    )
