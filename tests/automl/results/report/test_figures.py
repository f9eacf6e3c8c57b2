"""Figures as data: conditional and mixed parameters, missing values, smoothing, small sizes."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from odd_runs import SPACE, write_run

from automl.results.report.axes import (
    CATEGORY,
    LOG,
    NUMBER,
    Axis,
    log_ticks,
    make_axes,
    tick_text,
    whole_step,
)
from automl.results.report.contour_figures import smoothed
from automl.results.report.curves_figure import learning_curves
from automl.results.report.figure import Figure, NoFigure, ranks
from automl.results.report.figures import run_figures
from automl.results.report.parallel_figure import parallel_coordinates
from automl.results.report.run_section import labels_of
from automl.results.run import Run, read_run


def _facts(folder: Path) -> Run:
    return read_run(folder)


def test_axes_of_conditional_and_mixed_parameters(tmp_path: Path) -> None:
    run = _facts(write_run(tmp_path / "run", 30))
    axes = {axis.name: axis for axis in make_axes(SPACE, run.rows, labels_of(run))}
    assert {name: axis.kind for name, axis in axes.items()} == {
        "o.lr": LOG,
        "o.name": CATEGORY,
        "o.momentum": NUMBER,
        "o.clip": CATEGORY,
        "batch": NUMBER,
    }
    assert axes["o.clip"].categories == ["0.5", "auto", "true"]
    absent = [value is None for value in axes["o.momentum"].values]
    assert absent == [value == "adam" for value in axes["o.name"].values]
    units = [unit for unit in axes["o.lr"].units() if unit is not None]
    assert (min(units), max(units)) == (0.0, 1.0)


def test_a_list_of_numbers_is_one_axis_for_each_element() -> None:
    rows = [{"param.steps": [1, 5]}, {"param.steps": [2, 5]}, {"param.steps": [3, 9]}]
    one, two = make_axes(None, rows, {"steps": "steps"})
    assert (one.label, one.values) == ("steps[0]", (1, 2, 3))
    assert (two.label, two.values) == ("steps[1]", (5, 5, 9))


def test_constant_and_crowded_parameters_are_no_axes() -> None:
    rows = [{"param.same": 1, "param.text": f"word {index}"} for index in range(20)]
    assert make_axes(None, rows, {}) == []


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (1e-5, 1e-1, ["1e-5", "1e-4", "1e-3", "0.01", "0.1"]),
        (0.25, 2.0, ["0.5", "1", "2"]),
        (3e-5, 3e-3, ["1e-4", "3e-4", "1e-3", "3e-3"]),
    ],
)
def test_ticks_of_log_axes(low: float, high: float, texts: list[str]) -> None:
    ticks = log_ticks(low, high)
    assert set(texts) <= {tick_text(tick) for tick in ticks} or len(ticks) >= 3
    assert all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)
    assert len(ticks) <= 5


def test_every_trial_is_one_line_of_parallel_coordinates() -> None:
    axes = [Axis("a", "a", NUMBER, (1.0, 2.0, 3.0)), Axis("b", "b", NUMBER, (None, 5.0, 6.0))]
    figure = parallel_coordinates(axes, "score", [0.1, 0.9, 0.5], "minimize", ["0", "1", "2"])
    assert isinstance(figure, Figure)
    lines = [trace for trace in figure.data if trace["x"]]
    assert [trace["text"][0].split("<br>")[0] for trace in lines] == [
        "trial 1",
        "trial 2",
        "trial 0",
    ]
    assert lines[-1]["y"][1] < 0 <= lines[-1]["y"][0]
    assert "Off an axis" in figure.note
    assert figure.turned is not None
    wide, narrow = figure.layout, figure.turned.layout
    assert [(s["y0"], s["y1"]) for s in narrow["shapes"]] == [
        (s["x0"], s["x1"]) for s in wide["shapes"]
    ]
    names = [note["text"] for note in narrow["annotations"] if note["text"].startswith("<b>")]
    assert names == ["<b>a</b>", "<b>b</b>", "<b>score</b>"]


@pytest.mark.parametrize(
    ("span", "step"), [(1, 1), (2, 1), (10, 1), (11, 2), (37, 5), (120, 20), (1000, 100)]
)
def test_ticks_of_counts_are_whole(span: int, step: int) -> None:
    assert whole_step(span) == step


def test_ranks_by_direction() -> None:
    assert ranks([3.0, 1.0, 2.0], "maximize") == [1.0, 0.0, 0.5]
    assert ranks([3.0, 1.0, 2.0], "minimize") == [0.0, 1.0, 0.5]
    assert ranks([3.0], "maximize") == [0.0]


def test_smoothing_is_a_kernel_average_and_blank_far_from_trials() -> None:
    at, reached = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([1.0, 3.0])
    xs, ys = np.array([0.0, 0.2, 1.0]), np.array([0.0, 5.0])
    found = smoothed(at, reached, xs, ys)
    width = 0.25 * 2 ** (-1 / 6)
    weights = [math.exp(-0.5 * (x / width) ** 2) for x in (0.2, 0.8)]
    by_hand = (weights[0] * 1 + weights[1] * 3) / sum(weights)
    assert found[0, 1] == pytest.approx(by_hand)
    assert found[0, 2] == pytest.approx(3.0, abs=1e-3)
    assert np.isnan(found[1]).all()


def test_curves_by_state_with_rungs(tmp_path: Path) -> None:
    figure = learning_curves(_facts(write_run(tmp_path / "run", 60, failed=0.1, stopped=0.4)))
    assert isinstance(figure, Figure)
    names = [trace["name"].split(" (")[0] for trace in figure.data]
    assert {"finished", "stopped", "champion"} <= set(names)
    assert [shape["x0"] for shape in figure.layout["shapes"]] == [1, 3]


@pytest.mark.parametrize(("trials", "failed"), [(0, 0.0), (1, 0.0), (3, 1.0), (40, 0.3)])
@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_every_run_gives_figures_or_reasons(
    tmp_path: Path, trials: int, failed: float, direction: str
) -> None:
    run = _facts(
        write_run(tmp_path / "run", trials, failed=failed, stopped=0.2, direction=direction)
    )
    figures = run_figures(run, labels_of(run))
    contours = figures.contours if isinstance(figures.contours, list) else [figures.contours]
    single = (figures.progress, figures.curves, figures.importance, figures.parallel)
    for figure in (*single, *figures.slices, *contours):
        if isinstance(figure, NoFigure):
            assert figure.reason
        else:
            assert any(trace.get("x") for trace in figure.data)
            json.dumps([figure.data, figure.layout], allow_nan=False)
    drawn = [isinstance(figure, Figure) for figure in single]
    assert all(drawn) if trials >= 40 else not all(drawn)
