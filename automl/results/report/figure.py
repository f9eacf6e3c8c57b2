"""A figure as the data that plotly.js draws, or the reason why there is none.

Colours are names that the page replaces for the light or dark theme: ``var:--name`` is a colour of
its style sheet, ``mix:0.7`` a place on the sequential scale, where 1 is the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from automl.constants import TrialState
from automl.skill.schema.numbers import is_finite

SCALE: Final = [[0.0, "mix:0"], [0.5, "mix:0.5"], [1.0, "mix:1"]]
STATE_COLOURS: Final[Mapping[str, str]] = {
    TrialState.FINISHED: "var:--finished",
    TrialState.STOPPED: "var:--stopped",
    TrialState.FAILED: "var:--failed",
}
OTHER_STATE: Final = "var:--other"
BEST: Final = "var:--best"
BASELINE: Final = "var:--baseline"
MUTED: Final = "var:--muted"
SURFACE: Final = "var:--surface"
FAILED: Final = "var:--failed"
_FEW: Final = 8  # values from which some are called far worse than most
_FAR: Final = 3  # so many quartile distances beyond the worse quartile


@dataclass(frozen=True)
class NarrowLayout:
    """How a figure is drawn where it has less than ``below`` pixels of width: layout and height."""

    below: int
    layout: Mapping[str, Any]
    height: int


@dataclass(frozen=True)
class Figure:
    """One figure of the report.

    Attributes:
        title: what the figure shows; ``note``: how to read it.
        data: traces; layout: what differs from the page's own layout.
        height: in pixels.
        turned: how it is drawn on a narrow screen, with x and y swapped; None where it fits.
    """

    title: str
    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    height: int = 380
    turned: NarrowLayout | None = None


@dataclass(frozen=True)
class NoFigure:
    """Why there is nothing to draw."""

    title: str
    reason: str


def number(value: Any) -> float | None:
    """Return a finite number with six significant digits, to keep the page small; else None."""
    return float(f"{value:.6g}") if is_finite(value) else None


def numbers(values: Sequence[Any]) -> list[float | None]:
    """:func:`number` of each."""
    return [number(value) for value in values]


def ranks(values: Sequence[float], direction: str) -> list[float]:
    """Return the rank of each value between the worst (0) and the best (1)."""
    order = sorted(range(len(values)), key=lambda i: values[i], reverse=direction == "minimize")
    last = max(len(values) - 1, 1)
    places = {index: place / last for place, index in enumerate(order)}
    return [places[index] for index in range(len(values))]


def metric_axis(values: Sequence[float], direction: str) -> dict[str, Any]:
    """Return plotly's range of a metric in which the best trials can be told apart.

    Values that are far worse than most are left outside; empty where there are none.
    """
    ordered = sorted(values, reverse=direction == "maximize")  # the worst ones last
    if len(ordered) < _FEW:
        return {}
    one, other = ordered[len(ordered) // 4], ordered[3 * len(ordered) // 4]
    cut = other + _FAR * (other - one)
    is_far = cut > ordered[-1] if direction == "maximize" else cut < ordered[-1]
    if one == other or not is_far:
        return {}
    room = abs(cut - ordered[0]) / 20
    low, high = sorted((ordered[0], cut))
    return {"range": [number(low - room), number(high + room)]}


def star(x: Any, y: Any, text: str, name: str = "champion") -> dict[str, Any]:
    """Return the trace of one point that marks the champion."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": [x],
        "y": [number(y)],
        "text": [text],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": {
            "symbol": "star",
            "size": 15,
            "color": BEST,
            "line": {"width": 1, "color": SURFACE},
        },
    }


def crosses(
    x: Sequence[Any], y: Sequence[Any], trials: Sequence[str], label: str
) -> dict[str, Any]:
    """Return the trace that marks failed trials, which have no value."""
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "failed",
        "x": list(x),
        "y": list(y),
        "text": list(trials),
        "hovertemplate": f"trial %{{text}} failed<br>{label} %{{x}}<extra></extra>",
        "marker": {"symbol": "x-thin", "size": 7, "line": {"width": 1.8, "color": FAILED}},
    }
