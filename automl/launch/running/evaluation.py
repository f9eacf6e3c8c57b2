"""The evaluation of a champion: the skill's own evaluate action, run on its checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from automl.constants import BEST_FOLDER, EVALUATION_FOLDER, RunStatus
from automl.errors import AutoMLError
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.parent_run import takes_parent
from automl.launch.request import RunRequest
from automl.launch.result import Evaluation, RunResult
from automl.results.files.evaluation import write_evaluation
from automl.results.rows import last_metrics
from automl.skill import Skill

Execute = Callable[[Plan], RunResult]

ACTION: Final = "evaluate"
LEFT: Final = "all trials are over; the champion's evaluation was cut short"


def can_evaluate(skill: Skill) -> bool:
    """Return whether the skill has an evaluate action that starts from a checkpoint."""
    return ACTION in skill.actions and takes_parent(skill, ACTION)


def evaluate_best(plan: Plan, execute: Execute) -> Evaluation:
    """Evaluate a run's champion in ``best/evaluate`` and write its metrics into ``best/``.

    A failure and Ctrl-C are returned, never raised: the champion is there all the same, and
    ``--resume`` repeats an evaluation that was cut short.
    """
    folder = plan.output / BEST_FOLDER / EVALUATION_FOLDER
    try:
        found = _evaluate(plan, folder, execute)
    except AutoMLError as error:
        found = Evaluation(folder, failure=str(error))
    except KeyboardInterrupt:  # before its trainer began
        found = Evaluation(folder, failure=RunStatus.INTERRUPTED.value)
    write_evaluation(plan.output, found.metrics, found.failure)
    return found


def _evaluate(plan: Plan, folder: Path, execute: Execute) -> Evaluation:
    request = RunRequest(
        skill_dir=plan.skill.directory, action=ACTION, parent=plan.output, output=folder
    )
    result = execute(make_plan(request))
    metrics = last_metrics(result.run.histories)
    if result.status == RunStatus.INTERRUPTED:
        return Evaluation(folder, failure=RunStatus.INTERRUPTED.value)
    if result.status != RunStatus.DONE or not metrics:
        return Evaluation(folder, failure=result.message or "it reported no metric")
    return Evaluation(folder, metrics)
