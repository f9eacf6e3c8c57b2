"""Parallel coordinates: one line for each trial through all of its parameters to its metric.

The lines are plain scatter traces: plotly's own parallel coordinates cannot show missing values
(inactive parameters), need WebGL, and ignore the light or dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from automl.results.report.axes import CATEGORY, LOG, PlotAxis
from automl.results.report.figure import (
    BEST,
    FAILED,
    MUTED,
    Figure,
    NarrowLayout,
    NoFigure,
    ranks,
)

_TITLE: Final = "Parallel coordinates"
_SHADES: Final = 7
_ABSENT: Final = -0.12
_MAX_AXES: Final = 12
_LINE_LENGTH: Final = 13
_AXIS_WIDTH: Final = 92
_AXIS_HEIGHT: Final = 56
_ABOVE: Final = 0.36  # how far a name is above its axis, in distances between two axes
_CROWD: Final = 12  # lines of one shade from which each is drawn fainter

_CHAMPION: Final = {"opacity": 1.0, "line": {"width": 4, "color": BEST}}
_FAILED: Final = {"opacity": 0.6, "line": {"width": 1.2, "color": FAILED, "dash": "dot"}}


def parallel_coordinates(
    axes: Sequence[PlotAxis],
    metric: str,
    values: Sequence[float],
    direction: str,
    trials: Sequence[str],
    best: str = "",
    further: Sequence[PlotAxis] = (),
) -> Figure | NoFigure:
    """Return the figure of trials that have a value.

    Args:
        axes: the parameters, most important first, aligned with the trials.
        metric: the metric's name; values: each trial's.
        direction: ``maximize`` or ``minimize``.
        trials: their names; after those with a value the failed ones.
        best: the champion's name; further: axes of further objectives.
    """
    if not axes or len(values) < 2:
        return NoFigure(_TITLE, "it takes two trials with a value and a parameter that differs")
    valued, none = range(len(values)), (None,) * (len(trials) - len(values))
    shown = [*axes[:_MAX_AXES], PlotAxis(metric, metric, "number", (*values, *none)), *further]
    places = [[_ABSENT if u is None else round(u, 4) for u in axis.units()] for axis in shown]
    good = ranks(values, direction)
    traces = [_trace(shade, good, places, shown, trials) for shade in range(_SHADES)]
    marked = [
        _lines([trials.index(best)] if best in trials else [], places, shown, trials, _CHAMPION),
        _lines(range(len(values), len(trials)), places, shown, trials, _FAILED),
    ]
    left_out = len(axes) - _MAX_AXES
    absent = any(axis.values[index] is None for axis in shown for index in valued)
    foot = -0.2 if absent or none else -0.06
    return Figure(
        _TITLE,
        [trace for trace in (*marked[1:], *traces, *marked[:1]) if trace["x"]],
        _layout(shown, foot),
        note="One line per trial, the better the stronger (by rank)."
        + (f" Thick: the champion, trial {best}." if best in trials else "")
        + (" Off an axis: the parameter does not exist in that trial." if absent else "")
        + (" Dotted red: failed trials, which have no value." if none else "")
        + (f" {left_out} less important parameters are left out." if left_out > 0 else ""),
        height=440,
        turned=NarrowLayout(
            _AXIS_WIDTH * len(shown),
            _narrow_layout(_layout(shown, foot), shown),
            _AXIS_HEIGHT * len(shown),
        ),
    )


def _layout(shown: Sequence[PlotAxis], foot: float) -> dict[str, Any]:
    return {
        "showlegend": False,
        "xaxis": {"visible": False, "range": [-0.35, len(shown) - 0.65], "fixedrange": True},
        "yaxis": {"visible": False, "range": [foot, 1.22], "fixedrange": True},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "shapes": [_rail(index) for index in range(len(shown))],
        "annotations": [note for index, a in enumerate(shown) for note in _values(index, a)]
        + [_name(index, axis) for index, axis in enumerate(shown)],
    }


def _narrow_layout(wide: Mapping[str, Any], shown: Sequence[PlotAxis]) -> dict[str, Any]:
    """The layout for narrow screens: axes lie below each other, each name above its axis."""
    foot = wide["yaxis"]["range"][0]
    values = [note for note in wide["annotations"] if not note["text"].startswith("<b>")]
    names = [
        {**_annotation(0, index - _ABOVE, f"<b>{axis.label}</b>", 11), "xanchor": "left"}
        for index, axis in enumerate(shown)
    ]
    return {
        **wide,
        "xaxis": {**wide["yaxis"], "range": [foot, 1.06]},
        "yaxis": {**wide["xaxis"], "range": [len(shown) - 0.65, -0.6]},
        "margin": {"l": 14, "r": 14, "t": 4, "b": 4},
        "shapes": [_swap_axes(rail, "x0", "y0", "x1", "y1") for rail in wide["shapes"]],
        "annotations": [_swap_axes(note, "x", "y") for note in values] + names,
    }


def _swap_axes(mark: Mapping[str, Any], *pairs: str) -> dict[str, Any]:
    """A shape or annotation with each pair of coordinates swapped, such as ``x0`` and ``y0``."""
    one, other = pairs[::2], pairs[1::2]
    swapped = {a: mark[b] for a, b in zip((*one, *other), (*other, *one), strict=True)}
    return {**mark, **swapped}


def _trace(
    shade: int,
    good: Sequence[float],
    places: Sequence[Sequence[float]],
    axes: Sequence[PlotAxis],
    trials: Sequence[str],
) -> dict[str, Any]:
    """All lines of one shade as one trace."""
    mine = [i for i, g in enumerate(good) if min(int(g * _SHADES), _SHADES - 1) == shade]
    share = shade / (_SHADES - 1)
    style = {
        "opacity": round(_opacity(share, len(mine)), 2),
        "line": {"width": round(1 + 1.6 * share, 1), "color": f"mix:{share:.2f}"},
    }
    return _lines(mine, places, axes, trials, style)


def _lines(
    mine: Sequence[int],
    places: Sequence[Sequence[float]],
    axes: Sequence[PlotAxis],
    trials: Sequence[str],
    style: Mapping[str, Any],
) -> dict[str, Any]:
    """Lines of one style as one trace with gaps between the trials."""
    points = list(_points(mine, places, axes, trials))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _, _ in points],
        "y": [y for _, y, _ in points],
        "text": [text for _, _, text in points],
        "hovertemplate": "%{text}<extra></extra>",
        **style,
    }


def _opacity(share: float, lines: int) -> float:
    """Better trials are drawn stronger; many overlapping lines are drawn fainter."""
    crowd = min(1.0, math.sqrt(_CROWD / max(lines, 1)))
    return (0.55 + 0.4 * share) * crowd


def _points(
    mine: Sequence[int],
    places: Sequence[Sequence[float]],
    axes: Sequence[PlotAxis],
    trials: Sequence[str],
) -> Iterator[tuple[int | None, float | None, str]]:
    for trial in mine:
        for index, axis in enumerate(axes):
            text = f"trial {trials[trial]}<br>{axis.label} {_value_text(axis.values[trial])}"
            yield index, places[index][trial], text
        yield None, None, ""


def _value_text(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _rail(index: int) -> dict[str, Any]:
    line = {"color": MUTED, "width": 1}
    return {"type": "line", "x0": index, "x1": index, "y0": 0, "y1": 1, "line": line}


def _name(index: int, axis: PlotAxis) -> dict[str, Any]:
    text = f"<b>{_wrapped(axis.label)}</b>"
    return {**_annotation(index, 1.08, text, 11), "yanchor": "bottom", "font": {"size": 11}}


def _values(index: int, axis: PlotAxis) -> Iterator[dict[str, Any]]:
    """The labels along one axis: its ends and middle, or all of its few values."""
    categories = axis.categories
    if axis.kind == CATEGORY or len(categories) <= 4:
        low, high = axis.scaled(categories[0]), axis.scaled(categories[-1])
        span = high - low or 1.0
        for value in categories:
            at = (axis.scaled(value) - low) / span
            yield _annotation(index, at, _short(_value_text(value)), 10)
        return
    low, high = categories[0], categories[-1]
    middle = (low * high) ** 0.5 if axis.kind == LOG else (low + high) / 2
    kind = round if axis.is_whole else float
    ends = axis.scaled(low), axis.scaled(high)
    for value in (high, low, middle):
        at = (axis.scaled(kind(value)) - ends[0]) / (ends[1] - ends[0])
        yield _annotation(index, round(at, 4), _value_text(kind(value)), 10)


def _annotation(index: float, y: float, text: str, size: int) -> dict[str, Any]:
    return {
        "x": index,
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": "center",
        "font": {"size": size, "color": MUTED},
        "bgcolor": "var:--surface",
        "borderpad": 1,
    }


def _short(text: str) -> str:
    return text if len(text) <= _LINE_LENGTH else text[: _LINE_LENGTH - 1] + "…"


def _wrapped(label: str) -> str:
    """A name wrapped over several lines at its underscores."""
    lines: list[str] = [""]
    for word in label.replace("_", "_ ").split():
        if lines[-1] and len(lines[-1]) + len(word) > _LINE_LENGTH:
            lines.append("")
        lines[-1] += word
    return "<br>".join(lines)
