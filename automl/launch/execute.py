"""Carrying out a plan: a sweep on Ray Tune, or one direct training in this process."""

from __future__ import annotations

import socket
import time
from pathlib import Path
from typing import Any

import yaml

from automl.constants import LEDGER_FILE, PLAN_FILE, STUDY_FILE
from automl.launch.plan import Plan
from automl.launch.request import RunRequest
from automl.launch.result import RunResult
from automl.results.best import write_best
from automl.results.tables import write_tables
from automl.spec.nested import get_path
from automl.sweep.progress import EpochDone, Listener, TrialEnded, TrialStarted
from automl.trial.job import TrialJob
from automl.trial.ledger import Ledger
from automl.trial.run import failure_reason, run_trial


def execute(plan: Plan, request: RunRequest, listener: Listener = lambda event: None) -> RunResult:
    """Run what ``plan`` says; ``listener`` hears of every trial.

    Raises:
        InputError: the machine or cluster cannot give what one trial needs.
    """
    if plan.space is None:
        return _direct(plan, listener)
    return _sweep(plan, request, listener)


def _sweep(plan: Plan, request: RunRequest, listener: Listener) -> RunResult:
    from automl.search.study import Study
    from automl.sweep.engine import ray_running
    from automl.sweep.record import Recorder
    from automl.sweep.resources import decide_resources
    from automl.sweep.tune import run_sweep

    assert plan.space is not None
    with ray_running(request.address) as capacity:
        resources = decide_resources(
            capacity,
            devices=_devices(plan),
            trials=plan.trials,
            cpus_per_trial=request.cpus_per_trial,
            gpus_per_trial=request.gpus_per_trial,
            max_concurrent=request.max_concurrent,
        )
        _write_plan(plan, {**vars(resources)})
        study = Study(
            plan.output / STUDY_FILE,
            space=plan.space,
            base=plan.spec,
            algorithm=plan.algorithm,
            direction=plan.objective.direction,
            seed=plan.seed,
        )
        study.enqueue(plan.space.defaults(plan.spec), "default")
        recorder = Recorder(
            study=study,
            ledger=Ledger(plan.output / LEDGER_FILE),
            objective=plan.objective,
            listener=listener,
            budget=plan.trials,
            gpus=resources.gpus,
            run_dir=plan.output,
        )
        end = run_sweep(_job(plan, resources.gpus), recorder, resources, plan.time_budget_s)
    return _finish(plan, interrupted=end.reason == "interrupted", message=end.message)


def _direct(plan: Plan, listener: Listener) -> RunResult:
    _write_plan(plan, {})
    ledger = Ledger(plan.output / LEDGER_FILE)
    started = time.time()
    ledger.start(0, "default", {})
    listener(TrialStarted(0, "default", {}))
    best: float | None = None

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        nonlocal best
        value = kpi.get(plan.objective.metric)
        if value is not None and plan.objective.better(value, best):
            best = value
        ledger.epoch(0, epoch, kpi)
        listener(EpochDone(0, epoch, kpi))

    state, failure = "finished", ""
    try:
        run_trial(_job(plan, _devices(plan)), 0, {}, on_epoch)
    except KeyboardInterrupt:
        state = "interrupted"
    except Exception as error:  # a trainer's errors share no base with ours
        state, failure = "failed", failure_reason(error)
    ledger.end(0, state, failure, host=socket.gethostname(), gpu_count=0)
    listener(TrialEnded(0, state, best, failure, time.time() - started))
    return _finish(plan, interrupted=state == "interrupted", message=failure)


def _finish(plan: Plan, *, interrupted: bool, message: str) -> RunResult:
    write_tables(plan.output)
    best = write_best(plan.output)
    status = "interrupted" if interrupted else "done"
    if status == "done" and (best is None or message):
        status = "failed"
        message = message or f"no trial reached a value of {plan.objective.metric}"
    return RunResult(plan.output, plan.objective, status, message, best)


def _job(plan: Plan, gpus: float) -> TrialJob:
    action = plan.skill.action(plan.action)
    several = max(gpus, _devices(plan)) > 1
    return TrialJob(
        action=action,
        skill_dir=plan.skill.directory,
        run_dir=plan.output,
        spec=plan.spec,
        placed=plan.placed,
        metric=plan.objective.metric,
        in_process=not several,
    )


def _devices(plan: Plan) -> int:
    key = plan.skill.info.gpu_spec_key
    return int(get_path(plan.spec, key, 1) or 1) if key else 1


def _write_plan(plan: Plan, resources: dict[str, Any]) -> Path:
    plan.output.mkdir(parents=True, exist_ok=True)
    path = plan.output / PLAN_FILE
    content = {**plan.to_dict(), "resources": resources}
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    return path
