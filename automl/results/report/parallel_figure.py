"""Parallel coordinates: one line for each trial through all of its parameters to its metric.

The lines are plain scatter traces: plotly's own parallel coordinates cannot show missing values
(inactive parameters), need WebGL, and ignore the light or dark theme.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from automl.results.report.axes import CATEGORY, LOG, Axis
from automl.results.report.figure import MUTED, Figure, NarrowLayout, NoFigure, ranks

_TITLE: Final = "Parallel coordinates"
_SHADES: Final = 7
_ABSENT: Final = -0.12
_MAX_AXES: Final = 12
_LINE_LENGTH: Final = 13
_AXIS_WIDTH: Final = 92
_AXIS_HEIGHT: Final = 56
_ABOVE: Final = 0.36  # how far a name is above its axis, in distances between two axes
_CROWD: Final = 12  # lines of one shade from which each is drawn fainter


def parallel_coordinates(
    axes: Sequence[Axis],
    metric: str,
    values: Sequence[float],
    direction: str,
    trials: Sequence[str],
) -> Figure | NoFigure:
    """Return the figure of trials that have a value.

    Args:
        axes: the parameters, most important first, aligned with the trials.
        metric: the metric's name; values: each trial's; trials: their names.
        direction: ``maximize`` or ``minimize``.
    """
    if not axes or len(values) < 2:
        return NoFigure(_TITLE, "it takes two trials with a value and a parameter that differs")
    shown = [*axes[:_MAX_AXES], Axis(metric, metric, "number", tuple(values))]
    places = [[_ABSENT if u is None else round(u, 4) for u in axis.units()] for axis in shown]
    good = ranks(values, direction)
    traces = [_trace(shade, good, places, shown, trials) for shade in range(_SHADES)]
    left_out = len(axes) - len(shown) + 1
    absent = any(value is None for axis in shown for value in axis.values)
    foot = -0.2 if absent else -0.06
    return Figure(
        _TITLE,
        [trace for trace in traces if trace["x"]],
        _layout(shown, foot),
        note="One line per trial, the better the stronger (by rank)."
        + (" Off an axis: the parameter does not exist in that trial." if absent else "")
        + (f" {left_out} less important parameters are left out." if left_out > 0 else ""),
        height=440,
        turned=NarrowLayout(
            _AXIS_WIDTH * len(shown),
            _narrow_layout(_layout(shown, foot), shown),
            _AXIS_HEIGHT * len(shown),
        ),
    )


def _layout(shown: Sequence[Axis], foot: float) -> dict[str, Any]:
    return {
        "showlegend": False,
        "xaxis": {"visible": False, "range": [-0.35, len(shown) - 0.65], "fixedrange": True},
        "yaxis": {"visible": False, "range": [foot, 1.22], "fixedrange": True},
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "shapes": [_rail(index) for index in range(len(shown))],
        "annotations": [note for index, a in enumerate(shown) for note in _values(index, a)]
        + [_name(index, axis) for index, axis in enumerate(shown)],
    }


def _narrow_layout(wide: Mapping[str, Any], shown: Sequence[Axis]) -> dict[str, Any]:
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
    axes: Sequence[Axis],
    trials: Sequence[str],
) -> dict[str, Any]:
    """All lines of one shade as one trace with gaps between the trials."""
    mine = [i for i, g in enumerate(good) if min(int(g * _SHADES), _SHADES - 1) == shade]
    points = list(_points(mine, places, axes, trials))
    share = shade / (_SHADES - 1)
    return {
        "type": "scatter",
        "mode": "lines",
        "x": [x for x, _, _ in points],
        "y": [y for _, y, _ in points],
        "text": [text for _, _, text in points],
        "hovertemplate": "%{text}<extra></extra>",
        "opacity": round(_opacity(share, len(mine)), 2),
        "line": {"width": round(1 + 1.6 * share, 1), "color": f"mix:{share:.2f}"},
    }


def _opacity(share: float, lines: int) -> float:
    """Better trials are drawn stronger; many overlapping lines are drawn fainter."""
    crowd = min(1.0, math.sqrt(_CROWD / max(lines, 1)))
    return (0.55 + 0.4 * share) * crowd


def _points(
    mine: Sequence[int],
    places: Sequence[Sequence[float]],
    axes: Sequence[Axis],
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


def _name(index: int, axis: Axis) -> dict[str, Any]:
    text = f"<b>{_wrapped(axis.label)}</b>"
    return {**_annotation(index, 1.08, text, 11), "yanchor": "bottom", "font": {"size": 11}}


def _values(index: int, axis: Axis) -> Iterator[dict[str, Any]]:
    """The labels along one axis: its ends and middle, or all of its few values."""
    categories = axis.categories
    if axis.kind == CATEGORY or len(categories) <= 4:
        low, high = axis.scaled(categories[0]), axis.scaled(categories[-1])
        span = high - low or 1.0
        for value in categories:
            at = (axis.scaled(value) - low) / span
            yield _annotation(index, at, _short(_value_text(value)), 10)
        return
    yield _annotation(index, 1.0, _value_text(float(categories[-1])), 10)
    yield _annotation(index, 0.0, _value_text(float(categories[0])), 10)
    if axis.kind == LOG:
        yield _annotation(index, 0.5, _value_text((categories[0] * categories[-1]) ** 0.5), 10)
    else:
        yield _annotation(index, 0.5, _value_text((categories[0] + categories[-1]) / 2), 10)


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
