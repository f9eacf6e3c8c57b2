"""The launch review and the result of a run as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

from automl.cli.views.confirmation import confirm_line, confirmation_lines, evaluation_line
from automl.cli.views.plan_review import (
    change_lines,
    data_lines,
    first_trial_lines,
    resource_line,
    warning_lines,
)
from automl.cli.views.progress_lines import format_metric
from automl.cli.views.status_block import format_span
from automl.cli.views.tables import frame_text, main_columns, table_text
from automl.cli.views.terminal import REMARK, WIDTH, folded, labelled, screen_width, side_by_side
from automl.constants import (
    BEST_FOLDER,
    COL_FAILURE,
    COL_SOURCE,
    COL_STATE,
    COL_TRIAL,
    SPEC_FILE,
    RunStatus,
    TrialSource,
    TrialState,
)
from automl.launch.plan import Plan
from automl.launch.result import RunResult
from automl.launch.review import Review
from automl.results.best import PROVENANCE_FILE
from automl.results.confirmation import Confirmed
from automl.results.rows import last_metrics
from automl.results.run_folders import TRAIN

_ENDS: Final[Mapping[str, str]] = {RunStatus.INTERRUPTED: "cut short"}


def render_plan(plan: Plan, review: Review) -> str:
    """Return the launch review: what will run, and why."""
    info = plan.skill.info
    lines = [
        f"skill      {info.name}, action {plan.action} ({plan.skill.directory})",
        f"route      {plan.route.kind}: {plan.route.reason}",
        f"policy     {plan.policy.policy}: {plan.policy.reason}",
        *_objective_lines(plan),
        *data_lines(plan.sources),
        *(f"data       {line}" for line in plan.data_lines),
        *(f"note       {note}" for note in plan.notes),
        *warning_lines(plan),
        *change_lines(
            review.changes, plan.inherited.source if plan.inherited else "", plan.sources
        ),
        f"output     {plan.output}",
    ]
    if plan.space is None:
        return "\n".join(folded(lines))
    lines.insert(-1, resource_line(plan, review.resources))
    if review.probed_s is not None:
        lines.insert(-1, f"time       about {format_span(review.probed_s)}, by the probe")
    if review.disk is not None:
        lines.insert(-1, f"disk       {review.disk.reason}")
    budget = f"{plan.trials} trials" if plan.trials else "no trial limit"
    limit = f", at most {plan.time_budget_s:g} s" if plan.time_budget_s else ""
    lines.insert(3, f"search     {plan.algorithm}: {plan.algorithm_reason}; {budget}{limit}")
    lines.insert(4, f"scheduler  {plan.scheduler.name}: {plan.scheduler.reason}")
    lines.insert(5, f"trials     {plan.mode.reason}{_in_venv(plan)}")
    if plan.confirm is not None:
        lines.insert(5, confirm_line(plan.confirm, plan.skill))
    from automl.cli.views.space_table import space_remarks, space_text

    table = space_text(plan.space, min(screen_width(), WIDTH))
    parts = [*folded(lines), "", *table, *folded(space_remarks(plan.space), REMARK)]
    return "\n".join([*parts, *first_trial_lines(review.first)])


def _objective_lines(plan: Plan) -> list[str]:
    """Return what is optimised: nothing in a direct run of an action that does not train."""
    if plan.space is None and plan.action != TRAIN or not plan.objective.metric:
        return []
    return ["objective  " + ", ".join(f"{o.direction} {o.metric}" for o in plan.objectives)]


def render_result(result: RunResult) -> str:
    """Return a run's result: trial table, champion against the defaults, what to do next.

    A direct run without a checkpoint, such as an evaluation or an export, shows what it measured
    and which files it wrote instead.
    """
    frame = result.trials
    parts: list[str] = []
    if len(frame) > 1:
        parts.append(table_text(frame, result.objective, result.further))
    parts += [] if frame.empty else folded(_failures(frame))
    confirmed = result.confirmation
    parts += confirmation_lines(confirmed, result.objective.metric)
    if result.run.is_sweep or _has_checkpoint(result):
        parts += [] if result.best is None else folded(_champion(result, frame, confirmed))
    else:
        parts += _measured(result) + _outputs(result)
    if result.further and result.best is not None:
        parts.append(_pareto(result))
    if result.evaluation is not None:
        parts.append(evaluation_line(result.evaluation))
    if result.report:
        parts.append(f"report     {result.report}")
    if result.early:
        parts += folded([f"enough     {result.early}"])
    parts.append(f"{_ENDS.get(result.status, result.status):<10} {result.folder}")
    if result.status == RunStatus.INTERRUPTED and result.run.is_resumable:
        parts.append(f"go on with automl run --resume {result.folder}")
    return "\n".join(parts)


def _has_checkpoint(result: RunResult) -> bool:
    """Return whether ``best/`` holds more than the spec and its provenance."""
    best = result.folder / BEST_FOLDER
    return best.is_dir() and any(p.name not in (SPEC_FILE, PROVENANCE_FILE) for p in best.iterdir())


def _measured(result: RunResult) -> list[str]:
    """Return the metrics of a direct run, as many on a line as fit."""
    metrics = last_metrics(result.run.histories)
    pairs = (f"{name} {format_metric(value)}" for name, value in metrics.items())
    return labelled("result", side_by_side(pairs, min(screen_width(), WIDTH)))


def _outputs(result: RunResult) -> list[str]:
    return labelled("wrote", map(str, result.outputs))


def _pareto(result: RunResult) -> str:
    """Return the Pareto table: the trials that no other one beats in every objective."""
    frame = result.pareto
    objectives = (result.objective, *result.further)
    wanted = " and ".join(f"{each.direction} {each.metric}" for each in objectives)
    columns = main_columns(frame, [each.metric for each in objectives])
    return f"Pareto     {len(frame)} trials, to {wanted}\n{frame_text(frame[columns])}"


def _failures(frame: pd.DataFrame) -> list[str]:
    failed = frame[frame[COL_STATE] == TrialState.FAILED]
    return [f"trial {row[COL_TRIAL]} failed: {row[COL_FAILURE]}" for _, row in failed.iterrows()]


def _champion(
    result: RunResult, frame: pd.DataFrame, confirmed: Sequence[Confirmed]
) -> tuple[str, str]:
    assert result.best is not None
    metric = result.objective.metric
    word = "champion" if result.run.is_sweep else "result"
    trial, reached = result.best[COL_TRIAL], result.best[metric]
    baseline = frame.loc[frame[COL_SOURCE] == TrialSource.DEFAULT, metric].dropna()
    line = f"{word:<10} trial {trial}  {metric} {reached:.4f}"
    if confirmed:
        line = f"{word:<10} trial {confirmed[0].trial}  {metric} {confirmed[0].mean:.4f} on average"
        line += f"; checkpoint of trial {trial} ({reached:.4f})"
    elif len(frame) > 1 and len(baseline):
        line += f"  (defaults, trial 0000: {baseline.iloc[0]:.4f})"
    files = sorted(path.name for path in (result.folder / BEST_FOLDER).iterdir())
    return line, f"best       {result.folder / BEST_FOLDER}: {', '.join(files)}"


def _in_venv(plan: Plan) -> str:
    return f", in {plan.trial_options.venv}" if plan.trial_options.venv else ""
