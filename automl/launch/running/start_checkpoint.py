"""Measures the checkpoint that a sweep starts from, once, by the action of ``--objective``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from automl.constants import (
    COL_FAULT,
    MEASURED_PREFIX,
    PLAN_FILE,
    START_FOLDER,
    TRIALS_FOLDER,
    RouteKind,
    RunStatus,
    TrialState,
)
from automl.launch.plan import Plan
from automl.launch.plan_codec import save_plan
from automl.launch.result import RunResult
from automl.policy import PolicyChoice, Route
from automl.results.run import Run
from automl.sweep.notices import Listener, Notice, StartMeasured
from automl.trial.costs import Costs
from automl.trial.faults import TRANSIENT
from automl.trial.job import trial_id
from automl.trial.objective import Objective

_WHY = "measures the checkpoint that the sweep starts from"
Execute = Callable[[Plan, Listener], RunResult]


def measure_start(plan: Plan, listener: Listener, execute: Execute) -> None:
    """Measure the checkpoint that a plan's sweep starts from, unless that was done before.

    It is a direct run of its own in the folder ``start`` of the run's. A failure is told, and the
    sweep goes on: what it starts from may be no whole model.

    Raises:
        KeyboardInterrupt: the user stopped it; a resumed run measures again.
    """
    if plan.evaluation is None or plan.start_checkpoint is None or _is_over(plan):
        return
    if not (plan.output / PLAN_FILE).exists():
        save_plan(plan, {})
    listener(StartMeasured(f"measuring the checkpoint that trials start from: {_named(plan)}"))
    measuring = _plan_of(plan)
    for _ in range(1 + plan.trial_options.retries):
        result = execute(measuring, _unheard)
        if result.status == RunStatus.INTERRUPTED:
            raise KeyboardInterrupt
        if result.run.rows[0][COL_FAULT] not in TRANSIENT:
            break
    found = Run(plan.output).start_checkpoint
    if found is not None:
        listener(StartMeasured(found.words(plan.objective), warns=bool(found.failure)))


def _named(plan: Plan) -> str:
    return str(plan.start_checkpoint)


def _unheard(notice: Notice) -> None:
    """Hear how the measurement goes, which has no line of its own."""


def _is_over(plan: Plan) -> bool:
    folder = plan.output / START_FOLDER
    if not (folder / PLAN_FILE).is_file():
        return False
    ended = (TrialState.FINISHED, TrialState.FAILED)
    return any(history.state in ended for history in Run(folder).histories)


def _plan_of(plan: Plan) -> Plan:
    """Return the plan of the direct run that measures."""
    evaluation, output = plan.evaluation, plan.output / START_FOLDER
    assert evaluation is not None
    assert plan.start_checkpoint is not None
    metric = plan.objective.metric.removeprefix(MEASURED_PREFIX)
    return replace(
        plan,
        action=evaluation.action.name,
        policy=PolicyChoice("off", _WHY),
        route=Route(RouteKind.DIRECT, _WHY),
        objective=Objective(metric, plan.objective.direction),
        further=(),
        spec=evaluation.spec_for(
            plan.start_checkpoint, plan.spec, output / TRIALS_FOLDER / trial_id(0)
        ),
        placed=evaluation.placed,
        sources=evaluation.sources,
        container=evaluation.container,
        output=output,
        space=None,
        trials=None,
        population=None,
        confirm=None,
        final=None,
        loggers=(),
        notes=(),
        warnings=(),
        data_lines=(),
        inherited=None,
        checkpoints=None,
        costs=Costs(),
        evaluation=None,
        start_checkpoint=None,
        trial_options=replace(plan.trial_options, isolate=False, metric_pattern=None),
        resource_options=replace(plan.resource_options, storage=None),
    )
