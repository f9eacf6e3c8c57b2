"""A figure as plotly data, or the reason why there is none.

Colours are words that the page resolves for the light and the dark theme: ``var:--name`` is a style
sheet's colour, ``mix:0.7`` a place on the sequential scale, 1 the best.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from automl.constants import TrialState

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
class Turned:
    """A figure for places narrower than ``below`` pixels: its layout there and its height."""

    below: int
    layout: Mapping[str, Any]
    height: int


@dataclass(frozen=True)
class Figure:
    """What plotly draws.

    Attributes:
        title: what the figure shows; ``note``: how to read it.
        data: traces; layout: what differs from the page's own layout.
        height: in pixels.
        turned: how it is drawn where there is no room for it to the side, x and y exchanged.
    """

    title: str
    data: Sequence[Mapping[str, Any]]
    layout: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    height: int = 380
    turned: Turned | None = None


@dataclass(frozen=True)
class NoFigure:
    """Why there is nothing to draw."""

    title: str
    reason: str


def number(value: Any) -> float | None:
    """A finite number at six significant digits, else None: what JSON can hold, and small."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        return None
    return float(f"{value:.6g}")


def numbers(values: Sequence[Any]) -> list[float | None]:
    """:func:`number` of each."""
    return [number(value) for value in values]


def ranks(values: Sequence[float], direction: str) -> list[float]:
    """The rank of each value between the worst (0) and the best (1)."""
    order = sorted(range(len(values)), key=lambda i: values[i], reverse=direction == "minimize")
    last = max(len(values) - 1, 1)
    places = {index: place / last for place, index in enumerate(order)}
    return [places[index] for index in range(len(values))]
