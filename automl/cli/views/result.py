"""The result of a run as text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.table import Table

from automl.cli.views.champion import beside_defaults, champion_value
from automl.cli.views.failures import failure_lines
from automl.cli.views.progress_lines import metric_pairs
from automl.cli.views.tables import ranked, trial_text
from automl.cli.views.terminal import (
    LABEL,
    WIDTH,
    folded,
    labelled,
    screen_width,
    side_by_side,
    to_text,
)
from automl.constants import (
    BEST_FOLDER,
    COL_TRIAL,
    SPEC_FILE,
    RunStatus,
)
from automl.launch.result import Evaluation, RunResult
from automl.results.champion.confirmation import Confirmed
from automl.results.champion.verdict import verdict_lines
from automl.results.failures.groups import failures_of
from automl.results.files.provenance import PROVENANCE_FILE
from automl.results.run import Run
from automl.results.table.rows import labels_of, last_metrics
from automl.results.tables import trial_frame, with_start_rows

_MAX_METRICS: Final = 6
_COLUMNS: Final = ("trial", "source", "searched", "mean", "deviation", "seeds", "beats defaults")
_ENDS: Final[Mapping[str, str]] = {RunStatus.INTERRUPTED: "cut short"}


def render_result(result: RunResult) -> str:
    """Return a run's result: trial table, champion against the defaults, what to do next.

    A direct run without a checkpoint, such as an evaluation or an export, shows what it measured
    and which files it wrote instead.
    """
    frame = with_start_rows(trial_frame(result.run), [result.run])
    parts: list[str] = []
    if len(frame) > 1:
        parts.append(_table(result, ranked(frame, result.objective)))
    parts += folded(labelled("failed", failure_lines(failures_of(result.run))))
    confirmed = result.confirmation
    parts += _confirmation_lines(confirmed, result.objective.metric)
    if result.run.is_sweep or _has_checkpoint(result):
        parts += [] if result.best is None else folded(_champion(result))
    else:
        parts += _measured(result) + _outputs(result)
    if result.further and result.best is not None:
        parts.append(_pareto(result))
    if result.evaluation is not None:
        parts.append(_evaluation_line(result.evaluation))
    if result.report:
        parts.append(f"report     {result.report}")
    if result.early:
        parts += folded([f"early      {result.early}"])
    return "\n".join(parts + _end(result))


def _end(result: RunResult) -> list[str]:
    """Return how the run ended and, of a finished sweep, what it found."""
    line = f"{_ENDS.get(result.status, result.status):<10} {result.folder}"
    if result.status == RunStatus.INTERRUPTED and result.run.is_resumable:
        return [line, f"go on with automl run --resume {result.folder}"]
    return [line, *(_verdict(result.run) if result.status == RunStatus.DONE else [])]


def _verdict(run: Run) -> list[str]:
    """Return what the sweep found, which is the last thing that a run prints."""
    lines = verdict_lines(run, labels_of(run.rows, run.objective.column))
    return [line for label, words in lines for line in folded([f"{label:<{LABEL}}{words}"])]


def _has_checkpoint(result: RunResult) -> bool:
    """Return whether ``best/`` holds more than the spec and its provenance."""
    best = result.folder / BEST_FOLDER
    return best.is_dir() and any(p.name not in (SPEC_FILE, PROVENANCE_FILE) for p in best.iterdir())


def _measured(result: RunResult) -> list[str]:
    """Return the metrics of a direct run, as many on a line as fit."""
    metrics = last_metrics(result.run.histories)
    pairs = metric_pairs(metrics)
    return labelled("result", side_by_side(pairs, min(screen_width(), WIDTH)))


def _outputs(result: RunResult) -> list[str]:
    return labelled("wrote", map(str, result.outputs))


def _pareto(result: RunResult) -> str:
    """Return the Pareto table: the trials that no other one beats in every objective."""
    frame = result.pareto
    objectives = (result.objective, *result.further)
    wanted = " and ".join(f"{each.direction} {each.metric}" for each in objectives)
    return f"Pareto     {len(frame)} trials, to {wanted}\n{_table(result, frame)}"


def _table(result: RunResult, frame: pd.DataFrame) -> str:
    """Return the trials of ``frame``; below them how to see columns that do not fit."""
    metrics = [each.column for each in (result.objective, *result.further) if each.metric]
    command = f"see them with  automl trials {result.folder} --columns all"
    return trial_text(frame, metrics, more=command)


def _champion(result: RunResult) -> tuple[str, str]:
    champion, metric = result.run.decision, result.objective.metric
    assert champion is not None
    handed = champion.row[COL_TRIAL]
    if result.run.is_sweep:
        line = f"champion   trial {champion.trial}  {champion_value(champion, metric)}"
        if len(result.run.rows) > 1:
            line += beside_defaults(champion)
        if champion.fresh:
            line += f"; checkpoint of trial {handed} ({champion.row[result.objective.column]:.4f})"
    else:
        line = f"result     trial {handed}  {metric} {champion.reached:.4f}"
    files = sorted(path.name for path in (result.folder / BEST_FOLDER).iterdir())
    return line, f"best       {result.folder / BEST_FOLDER}: {', '.join(files)}"


def _confirmation_lines(lines: Sequence[Confirmed], metric: str) -> list[str]:
    """Return a confirmation as a table with the best mean first; no lines without one."""
    if not lines:
        return []
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for name in _COLUMNS:
        table.add_column(name, justify="left" if name == "source" else "right", no_wrap=True)
    for line in lines:
        table.add_row(
            line.trial,
            line.source,
            f"{line.searched:.4f}",
            f"{line.mean:.4f}",
            "-" if line.deviation is None else f"{line.deviation:.4f}",
            str(len(line.values)),
            _chance(line.beats_baseline),
        )
    return [f"confirmed  {metric} of trainings with fresh seeds", to_text(table)]


def _chance(probability: float | None) -> str:
    """Return a probability in percent; from a few seeds it is never shown as certain."""
    if probability is None:
        return "-"
    return ">99.9%" if probability > 0.999 else f"{probability:.1%}"


def _evaluation_line(evaluation: Evaluation) -> str:
    """Return the result of the skill's evaluate action on the champion."""
    if evaluation.interrupted:
        return "evaluate   cut short"
    if evaluation.failure:
        return f"evaluate   failed: {evaluation.failure}"
    pairs = metric_pairs(evaluation.metrics)
    more = "  …" if len(pairs) > _MAX_METRICS else ""
    return f"evaluate   {'  '.join(pairs[:_MAX_METRICS])}{more}\n           {evaluation.folder}"
