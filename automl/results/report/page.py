"""Renders the report as one HTML page with data, style and plotly.js inside; it fetches nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from importlib.resources import files
from itertools import count
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from automl.constants import RunStatus
from automl.results.champion.verdict import verdict_lines
from automl.results.compare import comparison, pair_comparison
from automl.results.ending import ending_of
from automl.results.report.figure import Figure, NoFigure
from automl.results.report.figures import run_figures
from automl.results.report.progress_figure import progress_of_runs
from automl.results.report.run_section import (
    cards,
    champion_rows,
    champion_spec,
    confirmation_rows,
    cost_rows,
    ending_in_words,
    evaluation_of,
    failures,
    labels_of,
    provenance,
    state_of,
    trial_cells,
)
from automl.results.report.text import short_text
from automl.results.run import Run

_LEFT_OUT: Final = ("metric", "reach", "start")


def render(runs: Sequence[Run]) -> str:
    """Return the page of one or several runs."""
    drawn = _FigureIds()
    sections = [_section(run, index, drawn) for index, run in enumerate(runs)]
    comparison = _comparison(runs, drawn) if len(runs) > 1 else None
    return page_template("report.html.j2").render(
        title=_title(runs),
        runs=sections,
        comparison=comparison,
        made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        style=page_text("style.css"),
        script=page_text("report.js"),
        plotly=plotly_script(),
        figures=script_json(drawn.figures),
    )


def page_template(name: str) -> Template:
    """Return one of the package's page templates."""
    environment = Environment(
        loader=PackageLoader("automl.results.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def page_text(name: str) -> str:
    """Return the style or the script of the package's pages."""
    return (files("automl.results.report") / "page" / name).read_text(encoding="utf-8")


def plotly_script() -> str:
    """Return plotly.js, which stands in each page."""
    return (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")


def _title(runs: Sequence[Run]) -> str:
    if len(runs) == 1:
        skill = (runs[0].plan.get("skill") or {}).get("name") or "run"
        return f"{skill} · {runs[0].label}"
    return f"{len(runs)} runs compared"


class _FigureIds:
    """Gives each figure the id of the HTML element that it is drawn into, and collects them."""

    def __init__(self) -> None:
        self.figures: dict[str, Any] = {}
        self._numbers = count()

    def add(self, figure: Figure | NoFigure) -> dict[str, Any]:
        """Add a figure; return what the template needs of it."""
        if isinstance(figure, NoFigure):
            return {"id": "", "title": figure.title, "note": figure.reason}
        name = f"figure-{next(self._numbers)}"
        drawn = {"data": figure.data, "layout": figure.layout, "height": figure.height}
        if figure.turned is not None:
            drawn["turned"] = asdict(figure.turned)
        self.figures[name] = drawn
        return {
            "id": name,
            "title": figure.title,
            "note": figure.note,
            "height": figure.height,
        }

    def add_all(self, figures: Sequence[Figure] | NoFigure) -> dict[str, Any]:
        """Add several small figures; return the same of each, or why there are none."""
        if isinstance(figures, NoFigure):
            return {"figures": [], "reason": figures.reason}
        return {"figures": [self.add(figure) for figure in figures], "reason": ""}


def _section(run: Run, index: int, drawn: _FigureIds) -> dict[str, Any]:
    labels, ending = labels_of(run), ending_of(run)
    figures = run_figures(run, labels)
    return {
        "id": f"run-{index}",
        "label": run.label,
        "skill": (run.plan.get("skill") or {}).get("name", ""),
        "state": state_of(run, ending),
        "ending": ending_in_words(ending),
        "objective": ", ".join(f"{each.direction} {each.metric}" for each in run.objectives),
        "metric": run.objective.metric,
        "searched": run.is_sweep,
        "verdict": verdict_lines(run, labels) if ending.state == RunStatus.DONE else [],
        "cards": cards(run),
        "champion": run.champion,
        "champion_rows": champion_rows(run),
        "confirmation": confirmation_rows(run),
        "evaluation": evaluation_of(run),
        "progress": drawn.add(figures.progress),
        "pareto": [drawn.add(figure) for figure in figures.pareto],
        "further": [drawn.add(figure) for figure in figures.further],
        "timeline": drawn.add(figures.timeline),
        "curves": drawn.add(figures.curves),
        "importance": drawn.add(figures.importance),
        "further_importance": [drawn.add(figure) for figure in figures.further_importance],
        "parallel": drawn.add(figures.parallel),
        "slices": [drawn.add(figure) for figure in figures.slices],
        "left_out": figures.left_out,
        "contours": drawn.add_all(figures.contours),
        "failures": failures(run),
        "cost": cost_rows(run),
        "spec": champion_spec(run),
        "provenance": provenance(run),
        "trials": trial_cells(run, labels),
    }


def _comparison(runs: Sequence[Run], drawn: _FigureIds) -> dict[str, Any]:
    """A table and a figure of several runs; runs of different objectives are not compared."""
    if len({run.objective for run in runs}) > 1:
        return {"reason": "These runs optimise different things, so they are not compared."}
    frame = comparison(runs)
    reach = frame["reach"].iloc[0]
    return {
        "reason": "",
        "reach": "" if pd.isna(reach) else f"{runs[0].objective.metric} {reach:.4g}",
        "table": _table(frame.drop(columns=list(_LEFT_OUT))),
        "pairs": _table(pair_comparison(runs)),
        "progress": drawn.add(progress_of_runs(runs)),
    }


def _table(frame: pd.DataFrame) -> dict[str, Any]:
    rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
    return {
        "header": [str(name).replace("_", " ") for name in frame.columns],
        "rows": [[short_text(value) for value in row] for row in rows],
    }


def script_json(value: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
