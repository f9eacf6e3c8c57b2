"""Carrying out a plan: a sweep on Ray Tune, or one direct training in this process."""

from __future__ import annotations

import os
import shlex
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from automl.constants import LEDGER_FILE, PLAN_FILE, STUDY_FILE, TRIALS_FOLDER
from automl.launch.cluster import check_cluster
from automl.launch.course import begin
from automl.launch.direct import run_direct
from automl.launch.disk import check_disk
from automl.launch.ending import failure_recorded
from automl.launch.evaluation import LEFT, Evaluation, can_evaluate, evaluate_best
from automl.launch.loading import loading
from automl.launch.lock import only_driver
from automl.launch.plan import Plan
from automl.launch.result import RunResult
from automl.launch.storage import storage_told
from automl.launch.stored_run import StoredRun, stored_run
from automl.launch.studies import open_study
from automl.launch.terminate import sigterm_interrupts
from automl.launch.trial_resources import trial_resources
from automl.launch.written import written_outputs
from automl.results.best import write_best
from automl.results.left import has_budget_left
from automl.results.report.write import report_at_end
from automl.results.tables import write_tables
from automl.results.trainings import split
from automl.spec.nested import get_path
from automl.sweep.progress import Event, LedgerMended, Listener
from automl.trial.checkpoint_size import DiskWatch
from automl.trial.child import await_children
from automl.trial.history import gather
from automl.trial.job import TrialJob
from automl.trial.ledger import CLOSED, Ledger, read_ledger, seconds_used
from automl.trial.objective import TRAIN_TIME
from automl.trial.secrets import mask

if TYPE_CHECKING:
    from automl.search.study import Study
    from automl.sweep.ahead import RayAhead
    from automl.sweep.enough import Enough
    from automl.sweep.generations import Generations
    from automl.sweep.parts import Parts
    from automl.sweep.proposer import Proposer
    from automl.sweep.record import Recorder
    from automl.sweep.resources import Capacity
    from automl.sweep.tune import SweepEnd


def execute(
    plan: Plan, listener: Listener | None = None, ahead: RayAhead | None = None
) -> RunResult:
    """Run what ``plan`` says, or what is left of it.

    Args:
        plan: what to do.
        listener: hears of every trial.
        ahead: a local Ray that may be starting already.

    Raises:
        InputError: the machine or cluster cannot give what one trial needs, or another process
            drives the run.
        RunError: the disk failed, or is full.
    """
    hear = listener or _nobody
    with storage_told(plan.output), only_driver(plan.output), failure_recorded(plan.output):
        events = read_ledger(plan.output / LEDGER_FILE)
        if _has_only_its_end_left(plan, events):
            return _ended(plan, hear, events)
        if plan.space is not None:
            with stored_run(plan) as stored, failure_recorded(plan.output):  # to be stored, too
                return _sweep(plan, hear, events, stored, ahead)
        _write_plan(plan, {})
        with sigterm_interrupts():
            job, ledger = _job(plan, 0), _ledger(plan, hear)
            state, message = run_direct(job, ledger, plan.objective, hear, plan.devices)
        result = _finish(plan, interrupted=state == "interrupted", message=message)
        return replace(result, outputs=written_outputs(plan))


def _nobody(event: Event) -> None:
    """Listens to nothing."""


def _sweep(
    plan: Plan,
    listener: Listener,
    events: Sequence[Mapping[str, Any]],
    stored: StoredRun | None,
    ahead: RayAhead | None,
) -> RunResult:
    from automl.search.load import load_sampler
    from automl.sweep.engine import ray_running

    load_sampler(plan.algorithm)  # Ray may be starting meanwhile
    with ray_running(plan.wishes.address, ahead) as capacity, loading():
        recorder, end = _searched(plan, listener, events, stored, capacity)
    if stored is not None:
        stored.fetch_best(recorder)
    await_children((plan.output / TRIALS_FOLDER).glob("*"))
    interrupted = end.reason == "interrupted"
    early = recorder.enough.reason
    return _reported(_finish(plan, interrupted=interrupted, message=end.message, early=early))


def _has_only_its_end_left(plan: Plan, events: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a sweep is taken up again whose trials are over, and needs no Ray for the rest.

    One that is stored elsewhere does: its champion may have to be fetched.
    """
    if plan.space is None or plan.storage is not None or not events:
        return False
    return not has_budget_left(plan.to_dict(), events)


def _ended(plan: Plan, listener: Listener, events: Sequence[Mapping[str, Any]]) -> RunResult:
    """Make up for the end of a sweep whose trials are over."""
    _ledger(plan, listener)
    await_children((plan.output / TRIALS_FOLDER).glob("*"))
    words = [event for event in events if event["event"] == CLOSED]
    failed = bool(words) and words[-1]["status"] == "failed"
    message = words[-1]["reason"] if failed else ""
    early = _enough(plan, split(events)[0]).reason
    return _reported(_finish(plan, interrupted=False, message=message, early=early))


def _reported(result: RunResult) -> RunResult:
    return replace(result, report=report_at_end(result.folder))


def _searched(
    plan: Plan,
    listener: Listener,
    events: Sequence[Mapping[str, Any]],
    stored: StoredRun | None,
    capacity: Capacity,
) -> tuple[Recorder, SweepEnd]:
    """Run the trials that are left, and those that confirm the best; what came of them, and why."""
    from automl.launch.confirming import confirm_best
    from automl.sweep.loggers import make_loggers
    from automl.sweep.restore import restore
    from automl.sweep.rungs import make_rungs
    from automl.sweep.tune import SweepEnd, run_sweep

    resources = trial_resources(plan, capacity)
    check_disk(plan, resources.concurrency)
    if plan.wishes.address is not None:
        check_cluster(plan)
    _write_plan(plan, vars(resources))
    searched, fresh = split(events)
    job, study = _job(plan, resources.gpus), open_study(plan, plan.output / STUDY_FILE)
    proposer = _generations(plan, study, searched) if plan.population else study
    recorder = _recorder(plan, proposer, resources.gpus, listener, searched)
    recorder.others = len(gather(fresh))
    if stored is not None:
        stored.serve(recorder)
    restore(recorder, searched)
    if not recorder.started and plan.space is not None:
        begin(study, plan.course, plan.space, plan.spec, plan.objectives)
    rungs = make_rungs(plan.scheduler, plan.objective, searched)
    loggers = make_loggers(plan.loggers, plan.output, plan.skill.info.name)
    left = None if plan.time_budget_s is None else plan.time_budget_s - seconds_used(events)
    if left is None or left > 0:
        end = run_sweep(job, recorder, resources, left, rungs, loggers)
    else:  # a confirmation goes on whose search is over
        end = SweepEnd("time")
    if plan.confirm is not None and end.reason in ("budget", "time"):
        end = confirm_best(plan.confirm, job, recorder, resources, loggers)
    return recorder, end


def _evaluated(plan: Plan) -> Evaluation | None:
    """The champion's evaluation by the skill's own action, where it has one."""
    from automl.launch.confirming import drop_confirmed

    evaluation = evaluate_best(plan) if can_evaluate(plan.skill) else None
    if evaluation is None or not evaluation.interrupted:  # else it is made up for
        drop_confirmed(plan)
    return evaluation


def _generations(plan: Plan, study: Study, events: Sequence[Mapping[str, Any]]) -> Generations:
    from automl.sweep.generations import Generations

    assert plan.space is not None
    assert plan.population is not None
    return Generations(
        study,
        plan.population,
        space=plan.space,
        base=plan.spec,
        objective=plan.objective,
        seed=plan.seed,
        events=events,
    )


def _recorder(
    plan: Plan,
    study: Proposer,
    gpus: float,
    listener: Listener,
    events: Sequence[Mapping[str, Any]],
) -> Recorder:
    """The recorder of a plan's search in front of its study."""
    from automl.sweep.record import Recorder
    from automl.sweep.retention import Retention
    from automl.sweep.retries import Retries

    care = plan.care
    best = max(care.keep_best, plan.confirm.best if plan.confirm else 0)
    return Recorder(
        study=study,
        ledger=_ledger(plan, listener),
        objective=plan.objective,
        further=plan.further,
        listener=listener,
        budget=plan.trials,
        gpus=gpus,
        run_dir=plan.output,
        disk=DiskWatch(plan.output),
        retention=Retention(plan.output, plan.objective, care.keep_checkpoints, best),
        enough=_enough(plan, events),
        retries=Retries(care.retries),
        parts=_parts(plan),
        costs=plan.costs,
    )


def _enough(plan: Plan, events: Sequence[Mapping[str, Any]]) -> Enough:
    from automl.sweep.enough import make_enough

    goal = plan.course.goal(plan.objective)
    return make_enough(plan.objective, goal, plan.course.patience, events)


def _parts(plan: Plan) -> Parts:
    from automl.sweep.parts import Parts

    key = plan.skill.info.memory.accumulate_key
    base = get_path(plan.spec, key, 1) if key else 1
    return Parts(key, plan.care.oom_retries, int(base or 1))


def _finish(plan: Plan, *, interrupted: bool, message: str, early: str = "") -> RunResult:
    """Write what the run leaves; the ledger's last word comes when all of it is there.

    The tables come last before it: they stand for the rest where a ledger has no such word.
    """
    best = write_best(plan.output)
    status = "interrupted" if interrupted else "done"
    if status == "done" and (message or (best is None and plan.space is not None)):
        status = "failed"
        message = message or f"no trial reached a value of {plan.objective.metric}"
    confirmed = plan.confirm is not None and status == "done"
    evaluation = _evaluated(plan) if confirmed else None
    if evaluation is not None and evaluation.interrupted:
        status, message = "interrupted", LEFT
    write_tables(plan.output)
    Ledger(plan.output / LEDGER_FILE).closed(status, message, early)
    return RunResult(
        plan.output,
        plan.objective,
        status,
        message,
        best,
        early,
        further=plan.further,
        evaluation=evaluation,
    )


def _ledger(plan: Plan, listener: Listener) -> Ledger:
    ledger = Ledger(plan.output / LEDGER_FILE)
    if ledger.mended:
        listener(LedgerMended())
    ledger.session(host=socket.gethostname(), pid=os.getpid(), command=mask(shlex.join(sys.argv)))
    return ledger


def _job(plan: Plan, gpus: float) -> TrialJob:
    rules = plan.skill.info.spec_params.get(plan.action, {})
    return TrialJob(
        action=plan.skill.action(plan.action),
        skill_dir=plan.skill.directory,
        run_dir=plan.output,
        spec=plan.spec,
        placed=plan.placed,
        resume_keys=tuple(key for key, rule in rules.items() if rule == "resume_model"),
        metric=plan.objective.metric,
        further=tuple(o.metric for o in plan.further if o.metric != TRAIN_TIME),
        needs_metric=plan.space is not None,
        mode=plan.mode.mode,
        pattern=plan.care.metric_pattern,
        limits=plan.care.limits,
        venv=plan.care.home,
        gpu_share=gpus,
        resting=plan.space.resting if plan.space is not None else (),
        sources=plan.sources,
        storage=plan.storage,
    )


def _write_plan(plan: Plan, resources: Mapping[str, Any]) -> None:
    content = {**plan.to_dict(), "resources": dict(resources)}
    unfinished = plan.output / f".{PLAN_FILE}.tmp"
    unfinished.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
    unfinished.replace(plan.output / PLAN_FILE)
