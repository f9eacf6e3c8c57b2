"""The launch review, the trial table and a run's end as text for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from automl.cli.progress import format_value
from automl.constants import (
    BEST_FOLDER,
    COL_EPOCHS,
    COL_FAILURE,
    COL_SOURCE,
    COL_STATE,
    COL_TIME,
    COL_TRIAL,
    PARAM_PREFIX,
)
from automl.launch.plan import Plan
from automl.launch.result import RunResult
from automl.results.tables import RUN_COLUMN, is_sweep, load_trials, read_plan
from automl.trial.objective import Objective

WIDTH = 120
UNLIMITED = 10_000


def to_text(renderable: Any, width: int = WIDTH) -> str:
    """Return a rich renderable as plain text."""
    stream = io.StringIO()
    Console(file=stream, width=width, no_color=True).print(renderable)
    return stream.getvalue().rstrip()


def render_plan(plan: Plan) -> str:
    """Return the launch review: what will run, and why."""
    info = plan.skill.info
    lines = [
        f"skill      {info.name} ({plan.skill.directory})",
        f"route      {plan.route.kind}: {plan.route.reason}",
        f"policy     {plan.policy.policy}: {plan.policy.reason}",
        f"objective  {plan.objective.direction} {plan.objective.metric}",
        *(f"data       {line}" for line in plan.data_lines),
        *(f"note       {note}" for note in plan.notes),
        f"output     {plan.output}",
    ]
    if plan.space is None:
        return "\n".join(lines)
    budget = f"{plan.trials} trials" if plan.trials else "no trial limit"
    limit = f", at most {plan.time_budget_s:g} s" if plan.time_budget_s else ""
    lines.insert(3, f"search     {plan.algorithm}: {plan.algorithm_reason}; {budget}{limit}")
    lines.insert(4, f"scheduler  {plan.scheduler.name}: {plan.scheduler.reason}")
    from automl.cli.space import space_remarks, space_table

    table = to_text(space_table(plan.space))
    return "\n".join([*lines, "", table, *space_remarks(plan.space)])


def trial_table(frame: pd.DataFrame, objective: Objective) -> Table:
    """Return trials, best first, as a table; long names are broken at their underscores.

    Trials of several runs (column ``run``) are shown with their run.
    """
    ranked, metric = frame, [name for name in [objective.metric] if name in frame.columns]
    if metric:
        ascending = objective.direction == "minimize"
        ranked = frame.sort_values(metric, ascending=ascending, kind="stable")
    params = [name for name in frame.columns if name.startswith(PARAM_PREFIX)]
    run = [name for name in [RUN_COLUMN] if name in frame.columns]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in (*run, COL_TRIAL, COL_SOURCE, COL_STATE, *metric, COL_EPOCHS, COL_TIME):
        side: JustifyMethod = "left" if name in (RUN_COLUMN, COL_SOURCE, COL_STATE) else "right"
        table.add_column(_header(name), justify=side, no_wrap=True, vertical="bottom")
    for name in short_names(params):
        table.add_column(_header(name), justify="right", no_wrap=True, vertical="bottom")
    for row in ranked.to_dict("records"):
        table.add_row(*_cells(row, run, metric, params))
    return table


def table_text(frame: pd.DataFrame, objective: Objective) -> str:
    """Return the trial table as text, as wide as it needs to be."""
    if frame.empty:
        return "no trial has started"
    text = to_text(trial_table(frame, objective), width=UNLIMITED)
    return "\n".join(line.rstrip() for line in text.splitlines())


def _header(name: str) -> str:
    return name.replace("_", "\n")


def render_result(result: RunResult) -> str:
    """Return the run's end: the trial table, the champion against the baseline, what to do next."""
    frame = load_trials(result.folder)
    parts: list[str] = []
    if len(frame) > 1:
        parts.append(table_text(frame, result.objective))
    parts += [] if frame.empty else _failures(frame)
    if result.best is not None:
        parts.append(_champion(result, frame))
    if result.early:
        parts.append(f"enough     {result.early}")
    parts.append(f"{result.status:<10} {result.folder}")
    if result.status == "interrupted" and is_sweep(read_plan(result.folder)):
        parts.append(f"go on with  automl run --resume {result.folder}")
    return "\n".join(parts)


def short_names(names: Sequence[str]) -> list[str]:
    """Return the last word of each dotted name, or the whole name where that is not unique."""
    last = [name.rsplit(".", 1)[-1] for name in names]
    plain = [name.removeprefix(PARAM_PREFIX) for name in names]
    return [word if last.count(word) == 1 else full for word, full in zip(last, plain, strict=True)]


def _cells(
    row: dict[Any, Any], run: Sequence[str], metric: Sequence[str], params: Sequence[str]
) -> list[str]:
    return [
        *(str(row[name]) for name in run),
        str(row[COL_TRIAL]),
        str(row[COL_SOURCE]),
        str(row[COL_STATE]),
        *(_number(row[name], "{:.4f}") for name in metric),
        str(row[COL_EPOCHS]),
        _number(row[COL_TIME], "{:.1f}"),
        *("-" if _missing(row[name]) else format_value(row[name]) for name in params),
    ]


def _number(value: Any, form: str) -> str:
    return "-" if _missing(value) else form.format(value)


def _missing(value: Any) -> bool:
    return value is None or value != value


def _failures(frame: pd.DataFrame) -> list[str]:
    failed = frame[frame[COL_STATE] == "failed"]
    return [f"trial {row[COL_TRIAL]} failed: {row[COL_FAILURE]}" for _, row in failed.iterrows()]


def _champion(result: RunResult, frame: pd.DataFrame) -> str:
    assert result.best is not None
    metric = result.objective.metric
    word = "champion" if is_sweep(read_plan(result.folder)) else "result"
    line = f"{word:<10} trial {result.best[COL_TRIAL]}  {metric} {result.best[metric]:.4f}"
    baseline = frame.loc[frame[COL_SOURCE] == "default", metric].dropna()
    if len(frame) > 1 and len(baseline):
        line += f"  (defaults, trial 0000: {baseline.iloc[0]:.4f})"
    files = sorted(path.name for path in (result.folder / BEST_FOLDER).iterdir())
    return f"{line}\nbest       {result.folder / BEST_FOLDER}: {', '.join(files)}"
