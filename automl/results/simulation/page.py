"""One HTML page of a simulation: best value against time and against the time of all trials."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from automl.results.output_file import check_output, write_output
from automl.results.report.page import page_template, page_text, plotly_script, script_json
from automl.results.report.write import ENDINGS
from automl.results.simulation.simulate import Simulation
from automl.results.simulation.summary import Summary, cells

_COLOURS: Final = 8  # series of the page's style
_DASHES: Final = (("solid", "none"), ("dash", "8 4"), ("dot", "2 3"), ("dashdot", "8 3 2 3"))
_MOST_BANDS: Final = 3  # more of them hide one another
_UNITS: Final = (("seconds", 1 / 3600, 3 / 60), ("minutes", 1 / 60, 3.0))  # name, hours, up to
_AXES: Final = ("time", "time of all trials together")


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
    choices = simulation.choices
    rows = [cells(each, simulation.metric) for each in choices]
    looks = _looks(choices)
    figures = {f"figure-{axis}": _figure(simulation, axis, looks) for axis in range(len(_AXES))}
    return page_template("simulation.html.j2").render(
        runs=", ".join(simulation.runs),
        metric=simulation.metric,
        reach=f"{simulation.reach:.4g}",
        sentences=simulation.sentences,
        limits=simulation.limits,
        header=list(rows[0]),
        rows=[
            {
                "colour": colour,
                "dash": _DASHES[dash][1],
                "cells": ["–" if cell is None else cell for cell in row.values()],
            }
            for row, (colour, dash) in zip(rows, looks, strict=True)
        ],
        bands="Bands: 80 % of them." if _has_bands(choices) else "",
        titles=[
            {"id": name, "title": f"{simulation.metric} by {title}"}
            for name, title in zip(figures, _AXES, strict=True)
        ],
        style=page_text("style.css"),
        script=page_text("report.js"),
        plotly=plotly_script(),
        figures=script_json(figures),
    )


def _has_bands(choices: Sequence[Summary]) -> bool:
    return len(choices) <= _MOST_BANDS


def _looks(choices: Sequence[Summary]) -> list[tuple[str, int]]:
    """A colour for each way to search, and the place of a dash for each number of workers."""
    ways = list(dict.fromkeys((each.algorithm, each.scheduler) for each in choices))
    workers = list(dict.fromkeys(each.workers for each in choices))
    return [
        (
            f"--series-{ways.index((each.algorithm, each.scheduler)) % _COLOURS}",
            workers.index(each.workers) % len(_DASHES),
        )
        for each in choices
    ]


def _figure(simulation: Simulation, axis: int, looks: Sequence[tuple[str, int]]) -> dict[str, Any]:
    choices, metric = simulation.choices, simulation.metric
    ends = [each.curve[-1][axis] for each in choices if each.curve]
    unit, hours = _unit(max(ends, default=1.0))
    traces = [
        trace
        for each, look in zip(choices, looks, strict=True)
        for trace in _traces(each, axis, hours, look, band=_has_bands(choices))
    ]
    return {
        "data": [*traces, _reached(simulation.reach, max(ends, default=1.0) / hours)],
        "layout": {
            "showlegend": False,
            "xaxis": {"title": {"text": unit}, "rangemode": "tozero"},
            "yaxis": {"title": {"text": metric}},
        },
        "height": 400,
    }


def _unit(hours: float) -> tuple[str, float]:
    """A unit in which so many hours are no small fraction, and how many hours it has."""
    return next(((name, size) for name, size, most in _UNITS if hours <= most), ("hours", 1.0))


def _reached(reach: float, end: float) -> dict[str, Any]:
    line = {"color": "var:--muted", "dash": "dot", "width": 1.5}
    ends: dict[str, Any] = {"x": [0, end], "y": [reach, reach], "type": "scatter", "mode": "lines"}
    return {**ends, "hoverinfo": "skip", "line": line}


def _traces(
    each: Summary, axis: int, hours: float, look: tuple[str, int], *, band: bool
) -> Iterator[dict[str, Any]]:
    x = [point[axis] / hours for point in each.curve]
    colour = f"var:{look[0]}"
    if band:
        low, high = ([point[place] for point in each.curve] for place in (3, 4))
        yield {
            "x": x + x[::-1],
            "y": high + low[::-1],
            "type": "scatter",
            "fill": "toself",
            "fillcolor": colour,
            "opacity": 0.15,
            "line": {"width": 0},
            "mode": "lines",
            "hoverinfo": "skip",
        }
    yield {
        "x": x,
        "y": [point[2] for point in each.curve],
        "type": "scatter",
        "mode": "lines",
        "name": each.name,
        "line": {"color": colour, "dash": _DASHES[look[1]][0], "width": 2},
        "hovertemplate": "%{y:.4g}",
    }
