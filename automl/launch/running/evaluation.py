"""The evaluation of a champion, and beside it of the defaults, by the skill's own action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from automl.constants import BEST_FOLDER, DEFAULTS_FOLDER, EVALUATION_FOLDER, RunStatus
from automl.errors import AutoMLError
from automl.launch.plan import Plan, make_plan
from automl.launch.planning.evaluation.final_test import measuring_action
from automl.launch.request import RunRequest
from automl.launch.result import Evaluation, RunResult
from automl.results.champion.final_test import has_final_test
from automl.results.champion.refit import defaults_folder, refits_of, whole_refits
from automl.results.files.evaluation import write_evaluation
from automl.results.run import Run
from automl.results.table.rows import last_metrics
from automl.trial.data.roots import DataRoots

Execute = Callable[[Plan], RunResult]

LEFT: Final = "all trials are over; the champion's evaluation was cut short"


def evaluate_best(
    plan: Plan, run: Run, execute: Execute, refit_failure: str = ""
) -> Evaluation | None:
    """Evaluate a run's champion in ``best/evaluate`` and write its metrics into ``best/``.

    A final test evaluates the defaults, too. A failure and Ctrl-C are returned, never raised: the
    champion is there all the same, and ``--resume`` repeats an evaluation that was cut short. None
    where the skill has no action for it.

    ``refit_failure``: why no training on all data could begin; empty where it did.
    """
    if measuring_action(plan.skill) is None:
        return None
    found = _measured(plan, run.folder, EVALUATION_FOLDER, execute)
    final = None
    if has_final_test(run.plan) and not found.interrupted:
        defaults = _of_defaults(plan, run, found, execute)
        final = _final(plan, run, defaults, refit_failure)
        if defaults.interrupted:
            found = Evaluation(found.folder, failure=defaults.failure)
    write_evaluation(run.folder, found.metrics, found.failure, final)
    return found


def _of_defaults(plan: Plan, run: Run, champion: Evaluation, execute: Execute) -> Evaluation:
    """Return what the action measures of the defaults; of the champion where they are the same."""
    folder = defaults_folder(run)
    if folder is None:
        return Evaluation(champion.folder, failure="the defaults have no value")
    if folder == run.folder:
        return champion
    return _measured(plan, folder, DEFAULTS_FOLDER, execute)


def _final(plan: Plan, run: Run, defaults: Evaluation, refit_failure: str) -> dict[str, Any]:
    """Return what the file says of a final test beside the champion's metrics."""
    wanted = refits_of(run)
    whole = bool(whole_refits(run))
    failed = next((refit.failure for refit in wanted if refit.failure), "it left no checkpoint")
    failure = "" if whole or not wanted else refit_failure or failed
    return {
        "action": measuring_action(plan.skill),
        "same": defaults_folder(run) == run.folder,
        "refit": whole,
        "refit_failure": failure,
        "defaults": dict(defaults.metrics),
        "defaults_failure": defaults.failure,
    }


def _measured(plan: Plan, parent: Path, name: str, execute: Execute) -> Evaluation:
    folder = plan.output / BEST_FOLDER / name
    try:
        return _evaluate(plan, parent, folder, execute)
    except AutoMLError as error:
        return Evaluation(folder, failure=str(error))
    except KeyboardInterrupt:  # before its trainer began
        return Evaluation(folder, failure=RunStatus.INTERRUPTED.value)


def _evaluate(plan: Plan, parent: Path, folder: Path, execute: Execute) -> Evaluation:
    roots = plan.final.data if plan.final else None
    if roots is None and plan.evaluation is not None:  # the training does not read these data
        roots = plan.roots.to_dict()
    request = RunRequest(
        skill_dir=plan.skill.directory,
        action=measuring_action(plan.skill) or "",
        parent=parent,
        output=folder,
        data=_arguments(roots),
        container=plan.trial_options.container,
        container_args=plan.trial_options.container_args if plan.container else (),
    )
    result = execute(make_plan(request))
    metrics = last_metrics(result.run.histories)
    if result.status == RunStatus.INTERRUPTED:
        return Evaluation(folder, failure=RunStatus.INTERRUPTED.value)
    if result.status != RunStatus.DONE or not metrics:
        return Evaluation(folder, failure=result.message or "it reported no metric")
    return Evaluation(folder, metrics)


def _arguments(final_data: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Return the roots of ``--final-data`` as those of ``--data``."""
    roots = DataRoots.from_dict(final_data)
    named = (f"{source}={root}" for source, each in roots.named.items() for root in each)
    return (*([roots.default] if roots.default is not None else []), *named)
