"""One HTML page of a simulation: best value against hours and against trial hours."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files
from json import dumps
from pathlib import Path
from typing import Any, Final

from automl.results.output_file import check_output, write_output
from automl.results.report.write import ENDINGS
from automl.results.simulation.simulate import Simulation
from automl.results.simulation.summary import Summary

_COLOURS: Final = ("#1f6feb", "#d1242f", "#1a7f37", "#9a6700", "#8250df", "#57606a")
_DASHES: Final = ("solid", "dash", "dot", "dashdot")  # past the colours
_AXES: Final = ("hours", "trial hours (all workers together)")


def write_page(simulation: Simulation, output: Path) -> Path:
    """Write the page and return its file.

    Raises:
        InputError: the file has another ending, or cannot be written.
    """
    check_output(output, ENDINGS)
    write_output(output, render(simulation).encode("utf-8", "backslashreplace"))
    return output


def render(simulation: Simulation) -> str:
    """Return the page; it fetches nothing."""
    plotly = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    figures = [_figure(simulation, axis) for axis in range(len(_AXES))]
    drawn = dumps(figures, allow_nan=False).replace("<", "\\u003c")
    listed = "".join(f"<li>{escape(each)}</li>" for each in simulation.sentences)
    limits = "".join(f"<li>{escape(each)}</li>" for each in simulation.limits)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Simulated sweeps</title>
<style>body {{ font: 16px sans-serif; max-width: 70em; margin: 2em auto; padding: 0 1em }}</style>
<script>{plotly}</script></head><body>
<h1>Simulated sweeps</h1><ul>{listed}</ul>
<p>Lines: what the champion is worth, mean of the repeats; bands: their standard deviation.</p>
<div id="figure-0"></div><div id="figure-1"></div>
<h2>What this cannot know</h2><ul>{limits or "<li>nothing that was noticed</li>"}</ul>
<script>{drawn}.forEach(
  (figure, place) => Plotly.newPlot("figure-" + place, figure.data, figure.layout,
                                    {{responsive: true}}))</script>
</body></html>
"""


def _figure(simulation: Simulation, axis: int) -> dict[str, Any]:
    traces = [
        trace
        for place, each in enumerate(simulation.choices)
        for trace in _traces(each, axis, place)
    ]
    return {
        "data": traces,
        "layout": {
            "xaxis": {"title": {"text": _AXES[axis]}},
            "yaxis": {"title": {"text": simulation.metric}},
            "height": 480,
            "legend": {"orientation": "h", "y": -0.2},
        },
    }


def _traces(each: Summary, axis: int, place: int) -> Iterator[dict[str, Any]]:
    x = [point[axis] for point in each.curve]
    colour = _COLOURS[place % len(_COLOURS)]
    low = [mean - spread for *_, mean, spread in each.curve]
    high = [mean + spread for *_, mean, spread in each.curve]
    band = {"fill": "toself", "fillcolor": colour, "opacity": 0.12, "line": {"width": 0}}
    yield {
        "x": x + x[::-1],
        "y": high + low[::-1],
        "type": "scatter",
        "showlegend": False,
        "hoverinfo": "skip",
        **band,
    }
    dash = _DASHES[place // len(_COLOURS) % len(_DASHES)]
    line = {"color": colour, "dash": dash}
    means = [point[2] for point in each.curve]
    yield {"x": x, "y": means, "type": "scatter", "mode": "lines", "name": each.name, "line": line}
