"""The importance of each parameter, with its uncertainty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from automl.results.report.figure import MUTED, Figure, NoFigure, number
from automl.search.importance import Importances

_TITLE: Final = "Parameter importance"
_MAX: Final = 20


def importance_bars(
    found: Importances, labels: Mapping[str, str], metric: str = ""
) -> Figure | NoFigure:
    """One bar for each parameter, whiskers over random halves, a tick at what chance gives.

    ``metric``: of a further objective, for the title.
    """
    title = f"{_TITLE} for {metric}" if metric else _TITLE
    if not found.items:
        return NoFigure(title, found.reason)
    items = found.items[:_MAX][::-1]
    names = [labels.get(item.name, item.name) for item in items]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "share",
        "y": names,
        "x": [number(item.share) for item in items],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [number(max(0.0, item.high - item.share)) for item in items],
            "arrayminus": [number(max(0.0, item.share - item.low)) for item in items],
            "color": MUTED,
            "thickness": 1.5,
            "width": 4,
        },
        "marker": {"color": ["var:--best" if item.clear else "var:--faint" for item in items]},
        "text": [f"{item.low:.0%} to {item.high:.0%}" for item in items],
        "textposition": "none",
        "hovertemplate": "%{y}<br>%{x:.0%} (%{text})<extra></extra>",
    }
    ticks = {
        "type": "scatter",
        "mode": "markers",
        "name": "chance",
        "y": names,
        "x": [number(min(1.0, item.chance)) for item in items],
        "marker": {
            "symbol": "line-ns",
            "size": 16,
            "line": {"width": 2, "color": "var:--failed"},
        },
        "hovertemplate": "%{y}<br>chance alone: up to %{x:.0%}<extra></extra>",
    }
    clear = sum(item.clear for item in found.items)
    said = f"{clear} of {len(found.items)} parameters stand out from chance (strong bars)."
    return Figure(
        title,
        [bars, ticks],
        {
            "showlegend": False,
            "bargap": 0.35,
            "xaxis": {"tickformat": ".0%", "range": [0, 1.02]},
            "yaxis": {"ticksuffix": "  "},
            "margin": {"l": 10, "r": 16, "t": 6, "b": 34},
        },
        note=f"{said} {found.reason}.",
        height=90 + 30 * len(items),
    )
