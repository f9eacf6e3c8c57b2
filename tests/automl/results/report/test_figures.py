"""Figures as data: conditional and mixed parameters, missing values, smoothing, small sizes."""

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from odd_runs import SPACE, write_run

from automl.results.report.axes import (
    CATEGORY,
    LOG,
    NUMBER,
    PlotAxis,
    log_ticks,
    make_axes,
    plotly_axis,
    tick_text,
    whole_step,
)
from automl.results.report.contour_figures import contours, smoothed
from automl.results.report.curves_figure import learning_curves
from automl.results.report.figure import Figure, NoFigure, metric_axis, ranks
from automl.results.report.figures import run_figures
from automl.results.report.parallel_figure import parallel_coordinates
from automl.results.report.progress_figure import best_so_far
from automl.results.report.run_section import labels_of, trial_cells
from automl.results.report.slice_figures import slices
from automl.results.report.timeline_figure import Stretch, lanes, stretches, timeline
from automl.results.run import Run, read_run
from automl.results.table.rows import params_of
from automl.trial.ledger.events import EndEvent, SessionEvent, StartEvent
from automl.trial.ledger.writer import Ledger


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
    axes = [
        PlotAxis("a", "a", NUMBER, (1.0, 2.0, 3.0)),
        PlotAxis("b", "b", NUMBER, (None, 5.0, 6.0)),
    ]
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
    assert figure.note.startswith("Dotted: the rungs")


def test_the_median_stops_from_one_epoch_on(tmp_path: Path) -> None:
    scheduler = {"name": "median", "reason": "", "epochs": 9, "grace": 1, "factor": 3}
    figure = learning_curves(_facts(write_run(tmp_path / "run", 9, scheduler=scheduler)))
    assert isinstance(figure, Figure)
    assert [shape["x0"] for shape in figure.layout["shapes"]] == [1]
    assert figure.note.startswith("Dotted: the epoch from which on")


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
    assert isinstance(figures.timeline, Figure if trials else NoFigure)
    for figure in (*single, figures.timeline, *figures.slices, *contours):
        if isinstance(figure, NoFigure):
            assert figure.reason
        else:
            assert any(trace.get("x") for trace in figure.data)
            json.dumps([figure.data, figure.layout], allow_nan=False)
    drawn = [isinstance(figure, Figure) for figure in single]
    assert all(drawn) if trials >= 40 else not all(drawn)


def test_choices_keep_their_order_and_whole_numbers_are_ticks_themselves() -> None:
    space = {
        "parameters": [
            {"name": "size", "choices": [64, 8, 16], "ordered": False},
            {"name": "grade", "choices": [2, 4, 8], "ordered": True},
        ]
    }
    rows = [{"param.size": s, "param.grade": g} for s, g in ((8, 2), (64, 4), (16, 8))]
    size, grade = make_axes(space, rows, {})
    assert (size.kind, size.categories) == (CATEGORY, ["64", "8", "16"])
    assert (grade.kind, plotly_axis(grade)["tickvals"]) == (NUMBER, [2, 4, 8])


@pytest.mark.parametrize("low", [1e-6, 0.003, 0.25, 3.1, 16, 700])
@pytest.mark.parametrize("wide", [1.05, 1.3, 2, 6, 40, 1e3, 1e9])
def test_log_ticks_do_not_overlap(low: float, wide: float) -> None:
    ticks = log_ticks(low, low * wide)
    gaps = np.diff(np.log10(ticks)) / math.log10(wide)
    assert 2 <= len(ticks) <= 5
    assert min(gaps) >= 0.19


def test_the_middle_of_a_whole_axis_is_whole() -> None:
    axis = PlotAxis("n", "n", NUMBER, (1, 2, 3, 4, 5, 8))
    figure = parallel_coordinates(
        [axis], "score", [0.1 * n for n in range(6)], "maximize", ["a"] * 6
    )
    assert isinstance(figure, Figure)
    texts = [note["text"] for note in figure.layout["annotations"] if note["x"] == 0]
    assert texts == ["8", "1", "4", "<b>n</b>"]


def test_failed_trials_and_the_champion_are_marked() -> None:
    axis = PlotAxis("name", "name", CATEGORY, ("sgd", "sgd", "lars", "adam", "adam"))
    trials = ["0", "1", "2", "3", "4"]
    (figure,) = slices([axis], "score", [0.1, 0.9, 0.5], trials, "maximize", "1")
    points, champion, failed = figure.data
    assert points["x"] == ["sgd", "sgd", "lars"]
    assert (champion["x"], champion["y"]) == (["sgd"], [0.9])
    assert (failed["x"], failed["text"]) == (["adam", "adam"], ["3", "4"])
    assert max(failed["y"]) < 0.1
    assert figure.note == "Only failed trials had adam."
    lines = parallel_coordinates([axis], "score", [0.1, 0.9, 0.5], "maximize", trials, "1")
    assert isinstance(lines, Figure)
    assert "trial 3" in lines.data[0]["text"][0]
    assert lines.data[0]["y"][1] < 0
    assert lines.data[-1]["text"][0].startswith("trial 1")


def test_far_worse_values_do_not_hide_the_best() -> None:
    values = [0.90 + 0.01 * n for n in range(10)]
    assert metric_axis(values, "maximize") == {}
    low, high = metric_axis([*values, -1e6], "maximize")["range"]
    assert 0.5 < low < 0.9 < 0.99 < high < 1.1
    low, high = metric_axis([*values, 1e6], "minimize")["range"]
    assert 0.5 < low < 0.9 < 0.99 < high < 1.5


def test_no_heat_map_of_parameters_that_do_not_stand_out() -> None:
    axes = [PlotAxis(name, name, NUMBER, tuple(range(10))) for name in ("a", "b", "c")]
    told = ("score", [0.1 * n for n in range(10)], "maximize", [str(n) for n in range(10)])
    none = contours(axes, *told, {"a"})
    assert isinstance(none, NoFigure)
    assert none.reason == "fewer than two parameters that are numbers stand out"
    drawn = contours(axes, *told, {"a", "c"})
    assert isinstance(drawn, list)
    assert [figure.title for figure in drawn] == ["a × c"]
    assert drawn[0].data[0]["x"] == list(range(10))


def test_lanes_of_a_timeline() -> None:
    found = [
        Stretch(0, 0, 10, "finished", "a"),
        Stretch(1, 0, 4, "failed", "a"),
        Stretch(2, 4, 9, "finished", "a"),
        Stretch(3, 5, 9, "finished", "b"),
        Stretch(4, 6, 9, "running", ""),
    ]
    assert lanes(found) == ["a 1", "a 2", "a 2", "b 1", "host not known 1"]
    assert lanes(found[:3]) == ["worker 1", "worker 2", "worker 2"]


def test_a_timeline_has_a_bar_for_each_time_that_a_trial_ran() -> None:
    start = partial(StartEvent, source="search")
    events = [
        SessionEvent(0.0),
        start(0.0, 0),
        start(60.0, 1),
        EndEvent(120.0, 0, "finished", host="a"),
        SessionEvent(9000.0),  # the driver was killed, and trial 1 runs again
        start(9000.0, 1),
        EndEvent(9060.0, 1, "failed", "no", host="a"),
    ]
    plan = {"metric": "score", "direction": "maximize"}
    run = Run(Path(), plan=plan, events=events)
    assert list(stretches(run)) == [
        Stretch(0, 0.0, 120.0, "finished", "a"),
        Stretch(1, 60.0, 120.0, "interrupted", ""),
        Stretch(1, 120.0, 180.0, "failed", "a"),
    ]
    figure = timeline(run)
    assert isinstance(figure, Figure)
    bars = {trace["name"]: (trace["y"], trace["base"], trace["x"]) for trace in figure.data}
    assert bars == {
        "finished (1)": (["worker 1"], [0.0], [2.0]),
        "interrupted (1)": (["worker 2"], [1.0], [1.0]),
        "failed (1)": (["worker 1"], [2.0], [1.0]),
    }


def test_a_second_objective_has_its_own_axes_and_importance(tmp_path: Path) -> None:
    further = [{"metric": "loss", "direction": "minimize"}]
    run = _facts(write_run(tmp_path / "run", 30, further=further))
    figures = run_figures(run, labels_of(run))
    assert [figure.title for figure in figures.further] == ["Best so far: loss"]
    assert [figure.title for figure in figures.further_importance] == [
        "Parameter importance for loss"
    ]
    (progress,) = figures.further
    assert isinstance(progress, Figure)
    line = next(trace["y"] for trace in progress.data if trace["name"] == "best so far")
    assert line == sorted(line, reverse=True)
    assert isinstance(figures.parallel, Figure)
    names = [note["text"] for note in figures.parallel.layout["annotations"]]
    assert "<b>loss</b>" in names


def test_best_so_far_knows_of_the_confirmation(tmp_path: Path) -> None:
    confirm = {"best": 1, "repeats": 2, "seed_key": "seed", "first_seed": 2}
    folder = write_run(tmp_path / "run", 12, closed="", confirm=confirm)
    run = _facts(folder)
    best = run.best_searched
    assert best is not None
    ledger = Ledger(folder / "ledger.jsonl")
    again = [(best, 0.4), (best, 0.5), (run.rows[0], 0.6), (run.rows[0], 0.8)]
    for number, (row, value) in enumerate(again, 12):
        ledger.start(number, "confirm", {**params_of(row), "seed": number})
        ledger.epoch(number, 1, {"score": value})
        ledger.end(number, "finished")
    figure = best_so_far(_facts(folder), dict.fromkeys(range(16), ""))
    assert isinstance(figure, Figure)
    marks = {trace["name"]: (trace["x"], trace["y"]) for trace in figure.data}
    assert marks["mean of fresh trainings"] == ([0, int(best["number"])], [0.7, 0.45])
    assert marks["champion"] == ([0], [0.7])
    assert max(marks["best so far"][0]) < 12


def test_the_champion_is_marked_among_two_objectives(tmp_path: Path) -> None:
    further = [{"metric": "loss", "direction": "minimize"}]
    run = Run(write_run(tmp_path / "run", 20, further=further))
    assert run.decision is not None
    (figure,) = run_figures(run, labels_of(run)).pareto
    (mark,) = [trace for trace in figure.data if trace["name"] == "champion"]
    row = next(row for row in run.searched if row["trial_id"] == run.decision.trial)
    assert (mark["x"], mark["y"]) == ([pytest.approx(row["score"], rel=1e-5)],
                                      [pytest.approx(row["loss"], rel=1e-5)])  # fmt: skip
    table = trial_cells(run, labels_of(run))
    assert table["header"][3:5] == ["score", "loss"]
