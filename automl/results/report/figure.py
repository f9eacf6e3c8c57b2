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
