"""What trials reached by two parameters at a time, smoothed between them.

Optuna's contour plot interpolates between the trials' own values, so with few trials it shows their
noise. Here a Gaussian kernel averages neighbours (Nadaraya and Watson, 1964); a place without a
trial nearby stays blank.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from automl.results.report.axes import CATEGORY, LOG, PlotAxis, plotly_axis
from automl.results.report.figure import (
    SCALE,
    SURFACE,
    Figure,
    NoFigure,
    crosses,
    metric_axis,
    number,
    numbers,
    star,
)

_TITLE: Final = "Contours"
_STEPS: Final = 40
_AMONG: Final = 3  # numeric parameters of which every pair is drawn, the most important first
_MIN_TRIALS: Final = 8
_MANY: Final = 150  # trials from which the points are drawn smaller
_NEAR: Final = 0.3  # how much of one neighbour's weight a place needs not to be blank

Array = npt.NDArray[np.float64]


def contours(
    axes: Sequence[PlotAxis],
    metric: str,
    values: Sequence[float],
    direction: str,
    trials: Sequence[str],
    clear: Collection[str] | None = None,
    best: str = "",
) -> list[Figure] | NoFigure:
    """Return a figure for each pair of the most important parameters that are numbers.

    Args:
        axes: the parameters, most important first, aligned with the trials.
        metric: the metric's name; values: each trial's.
        direction: ``maximize`` or ``minimize``.
        trials: their names; after those with a value the failed ones.
        clear: the parameters that stand out from chance, None for all; best: the champion's name.
    """
    usable = _one_per_list(
        axis for axis in axes if axis.kind != CATEGORY and len(axis.categories) > 2
    )
    if len(usable) >= 2 and clear is not None:
        usable = [axis for axis in usable if axis.name in clear]
        if len(usable) < 2:
            return NoFigure(_TITLE, "fewer than two parameters that are numbers stand out")
    if len(usable) < 2:
        return NoFigure(_TITLE, "it takes two parameters that are numbers with several values")
    found = [
        _contour(one, other, metric, values, direction, trials, best)
        for one, other in combinations(usable[:_AMONG], 2)
    ]
    figures = [figure for figure in found if figure is not None]
    return figures or NoFigure(_TITLE, f"it takes {_MIN_TRIALS} trials with a value")


def _one_per_list(axes: Iterable[PlotAxis]) -> list[PlotAxis]:
    """The first element of each list parameter: its elements move together."""
    found: dict[str, PlotAxis] = {}
    for axis in axes:
        found.setdefault(axis.name, axis)
    return list(found.values())


def _contour(
    x: PlotAxis,
    y: PlotAxis,
    metric: str,
    values: Sequence[float],
    direction: str,
    trials: Sequence[str],
    best: str,
) -> Figure | None:
    pairs = zip(x.values, y.values, strict=True)
    both = [i for i, (a, b) in enumerate(pairs) if a is not None and b is not None]
    mine, failed = [i for i in both if i < len(values)], [i for i in both if i >= len(values)]
    if len(mine) < _MIN_TRIALS:
        return None
    told = [f"trial {trials[i]}<br>{metric} {values[i]:.4g}" for i in mine]
    marks = [
        star(x.values[i], y.values[i], f"champion: {words}")
        for i, words in zip(mine, told, strict=True)
        if trials[i] == best
    ]
    if failed:
        across, up = ([number(axis.values[i]) for i in failed] for axis in (x, y))
        marks.append(crosses(across, up, [trials[i] for i in failed], x.label))
    return Figure(
        f"{x.label} × {y.label}",
        [_surface(x, y, mine, values, direction), _points(x, y, mine, told), *marks],
        {
            "showlegend": False,
            "xaxis": _axis(x),
            "yaxis": _axis(y),
            "margin": {"l": 56, "r": 10, "t": 6, "b": 44},
        },
        height=320,
    )


def _surface(
    x: PlotAxis, y: PlotAxis, mine: Sequence[int], values: Sequence[float], direction: str
) -> dict[str, Any]:
    """The smoothed metric of the trials ``mine`` as a heat map."""
    at = np.array([[x.scaled(x.values[i]), y.scaled(y.values[i])] for i in mine])
    reached = np.array([values[i] for i in mine])
    across, up = (_grid(axis, at[:, d]) for d, axis in enumerate((x, y)))
    return {
        "type": "contour",
        "x": _back(x, across),
        "y": _back(y, up),
        "z": [numbers(line) for line in smoothed(at, reached, across, up).tolist()],
        **_colour_limits(reached.tolist(), direction),
        "colorscale": SCALE,
        "reversescale": direction == "minimize",
        "contours": {"coloring": "heatmap"},
        "line": {"width": 0},
        "hoverinfo": "skip",
        "colorbar": {"thickness": 10, "outlinewidth": 0, "nticks": 5, "len": 0.9},
    }


def _points(x: PlotAxis, y: PlotAxis, mine: Sequence[int], told: Sequence[str]) -> dict[str, Any]:
    """The trials ``mine`` as dots."""
    few = len(mine) < _MANY
    return {
        "type": "scatter",
        "mode": "markers",
        "x": [number(x.values[i]) for i in mine],
        "y": [number(y.values[i]) for i in mine],
        "text": list(told),
        "hovertemplate": f"%{{text}}<br>{x.label} %{{x}}<br>{y.label} %{{y}}<extra></extra>",
        "marker": {
            "size": 6 if few else 3,
            "color": "var:--text",
            "opacity": 0.8 if few else 0.5,
            "line": {"width": 1, "color": SURFACE},
        },
    }


def smoothed(at: Array, reached: Array, xs: Array, ys: Array) -> Array:
    """Return the kernel average on the grid: (len(ys), len(xs)), NaN where no trial is near.

    Args:
        at: (trials, 2) places; reached: (trials,) values.
        xs: the grid's first coordinates, ys: the second ones, each over the whole span.
    """
    span = np.array([np.ptp(xs) or 1.0, np.ptp(ys) or 1.0])
    width = 0.25 * len(at) ** (-1 / 6)  # Scott's rule for evenly spread trials, on unit axes
    grid = np.stack(np.meshgrid(xs, ys), axis=-1)
    far = (((grid[:, :, None, :] - at) / span / width) ** 2).sum(axis=-1)
    weight = np.exp(-0.5 * far)
    total = weight.sum(axis=-1)
    mean: Array = (weight * reached).sum(axis=-1) / np.maximum(total, 1e-300)
    return np.where(total > _NEAR, mean, np.nan)


def _grid(axis: PlotAxis, places: Array) -> Array:
    """The places that are drawn: of a whole number no others than whole ones."""
    low, high = places.min(), places.max()
    if axis.is_whole and axis.kind != LOG and high - low < _STEPS:
        return np.arange(low, high + 1)
    return np.linspace(low, high, _STEPS)


def _colour_limits(reached: Sequence[float], direction: str) -> dict[str, Any]:
    limits = metric_axis(reached, direction).get("range")
    return {"zmin": limits[0], "zmax": limits[1]} if limits else {}


def _back(axis: PlotAxis, grid: Array) -> list[float | None]:
    return numbers((10**grid if axis.kind == LOG else grid).tolist())


def _axis(axis: PlotAxis) -> dict[str, Any]:
    return {**plotly_axis(axis), "title": {"text": axis.label}, "showgrid": False}
