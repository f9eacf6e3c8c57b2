"""The confirmation and the evaluation of a champion as text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.table import Table

from automl.cli.views.progress_lines import format_kpi
from automl.cli.views.terminal import to_text
from automl.launch.result import Evaluation
from automl.launch.running.evaluation import can_evaluate
from automl.results.confirmation import Confirmed
from automl.results.confirmation_plan import Confirm
from automl.skill import Skill

MAX_METRICS: Final = 6
_COLUMNS: Final = ("trial", "source", "searched", "mean", "deviation", "seeds", "beats defaults")


def confirmation_lines(lines: Sequence[Confirmed], metric: str) -> list[str]:
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


def confirm_line(confirm: Confirm, skill: Skill) -> str:
    """Return the launch review's line about the planned confirmation."""
    seeds = f"{confirm.seed_key} {confirm.seeds[0]} to {confirm.seeds[-1]}"
    after = ", then evaluate" if can_evaluate(skill) else "; no evaluate action ends it"
    return (
        f"confirm    the best {confirm.best} and the defaults again, {confirm.repeats} times each"
        f" ({seeds}): up to {confirm.trials} trainings after the search{after}"
    )


def evaluation_line(evaluation: Evaluation) -> str:
    """Return the result of the skill's evaluate action on the champion."""
    if evaluation.interrupted:
        return "evaluate   cut short"
    if evaluation.failure:
        return f"evaluate   failed: {evaluation.failure}"
    metrics = list(evaluation.metrics.items())
    shown = format_kpi(dict(metrics[:MAX_METRICS]))
    more = "  …" if len(metrics) > MAX_METRICS else ""
    return f"evaluate   {shown}{more}\n           {evaluation.folder}"
