"""Carrying out a plan: a sweep on Ray Tune, or one direct training in this process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from automl.constants import LEDGER_FILE, STUDY_FILE, TRIALS_FOLDER, RunStatus, TrialState
from automl.launch.plan import Plan
from automl.launch.plan_codec import plan_to_dict, save_plan
from automl.launch.result import Evaluation, RunResult
from automl.launch.running.assembly import (
    make_recorder,
    open_ledger,
    population_proposer,
    stop_rule,
    trial_job,
)
from automl.launch.running.capacity import check_cluster, check_disk, trial_resources
from automl.launch.running.direct import run_direct, written_outputs
from automl.launch.running.driver_lock import only_driver
from automl.launch.running.evaluation import LEFT, can_evaluate, evaluate_best
from automl.launch.running.failures import failure_recorded, storage_errors_explained
from automl.launch.running.prewarm import loading
from automl.launch.running.remote_run import StoredRun, stored_run
from automl.launch.running.signals import sigterm_interrupts
from automl.launch.running.study import open_study, seed_study
from automl.results.best import write_best
from automl.results.confirmation_plan import split_confirmation
from automl.results.ending import has_budget_left
from automl.results.report.write import report_at_end
from automl.results.run import Run
from automl.results.tables import write_tables
from automl.sweep.notices import Listener, Notice
from automl.trial.child.process import await_children
from automl.trial.history import trial_histories
from automl.trial.ledger import Ledger, seconds_used
from automl.trial.ledger_events import ClosedEvent, LedgerEvent

if TYPE_CHECKING:
    from automl.sweep.cluster.background import BackgroundRay
    from automl.sweep.cluster.resources import Capacity
    from automl.sweep.recorder import Recorder
    from automl.sweep.tune import SweepEnd


def execute(
    plan: Plan, listener: Listener | None = None, ahead: BackgroundRay | None = None
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
    with (
        storage_errors_explained(plan.output),
        only_driver(plan.output),
        failure_recorded(plan.output),
    ):
        before = Run(plan.output, plan=plan_to_dict(plan))
        if _has_only_its_end_left(plan, before):
            return _finish_without_ray(plan, hear, before)
        if plan.space is not None:
            with stored_run(plan) as stored, failure_recorded(plan.output):  # to be stored, too
                return _sweep(plan, hear, before.events, stored, ahead)
        save_plan(plan, {})
        with sigterm_interrupts():
            job, ledger = trial_job(plan, 0), open_ledger(plan, hear)
            state, message = run_direct(job, ledger, plan.objective, hear, plan.devices)
        result = _finish(plan, interrupted=state == TrialState.INTERRUPTED, message=message)
        return replace(result, outputs=written_outputs(plan))


def _nobody(event: Notice) -> None:
    """Listens to nothing."""


def _sweep(
    plan: Plan,
    listener: Listener,
    events: Sequence[LedgerEvent],
    stored: StoredRun | None,
    ahead: BackgroundRay | None,
) -> RunResult:
    from automl.search.preload import load_sampler
    from automl.sweep.cluster.session import ray_running
    from automl.sweep.tune import EndReason

    load_sampler(plan.algorithm)  # Ray may be starting meanwhile
    with ray_running(plan.resource_options.address, ahead) as capacity, loading():
        recorder, end = _run_search(plan, listener, events, stored, capacity)
    if stored is not None:
        stored.fetch_best(recorder)
    await_children((plan.output / TRIALS_FOLDER).glob("*"))
    interrupted = end.reason == EndReason.INTERRUPTED
    early = recorder.stop_rule.reason
    return _with_report(_finish(plan, interrupted=interrupted, message=end.message, early=early))


def _has_only_its_end_left(plan: Plan, before: Run) -> bool:
    """Whether a sweep is taken up again whose trials are over, and needs no Ray for the rest.

    One that is stored elsewhere does: its champion may have to be fetched.
    """
    if plan.space is None or plan.storage is not None or not before.events:
        return False
    return not has_budget_left(before)


def _finish_without_ray(plan: Plan, listener: Listener, before: Run) -> RunResult:
    """Make up for the end of a sweep whose trials are over."""
    open_ledger(plan, listener)
    await_children((plan.output / TRIALS_FOLDER).glob("*"))
    closed = [event for event in before.events if isinstance(event, ClosedEvent)]
    failed = bool(closed) and closed[-1].status == RunStatus.FAILED
    message = closed[-1].reason if failed else ""
    early = stop_rule(plan, split_confirmation(before.events)[0]).reason
    return _with_report(_finish(plan, interrupted=False, message=message, early=early))


def _with_report(result: RunResult) -> RunResult:
    return replace(result, report=report_at_end(result.run))


def _run_search(
    plan: Plan,
    listener: Listener,
    events: Sequence[LedgerEvent],
    stored: StoredRun | None,
    capacity: Capacity,
) -> tuple[Recorder, SweepEnd]:
    """Run the trials that are left, and those that confirm the best; what came of them, and why."""
    from automl.launch.running.confirmation import confirm_best
    from automl.sweep.loggers import make_loggers
    from automl.sweep.restore import restore
    from automl.sweep.schedulers import make_rungs
    from automl.sweep.tune import EndReason, SweepEnd, run_sweep

    resources = trial_resources(plan, capacity)
    check_disk(plan, resources.concurrency)
    if plan.resource_options.address is not None:
        check_cluster(plan)
    save_plan(plan, vars(resources))
    searched, fresh = split_confirmation(events)
    job, study = trial_job(plan, resources.gpus), open_study(plan, plan.output / STUDY_FILE)
    proposer = population_proposer(plan, study, searched) if plan.population else study
    recorder = make_recorder(plan, proposer, resources.gpus, listener, searched)
    recorder.number_offset = len(trial_histories(fresh))
    if stored is not None:
        stored.serve(recorder)
    restore(recorder, searched)
    if not recorder.started and plan.space is not None:
        seed_study(study, plan.sweep_options, plan.space, plan.spec, plan.objectives)
    rungs = make_rungs(plan.scheduler, plan.objective, searched)
    loggers = make_loggers(plan.loggers, plan.output, plan.skill.info.name)
    left = None if plan.time_budget_s is None else plan.time_budget_s - seconds_used(events)
    if left is None or left > 0:
        end = run_sweep(job, recorder, resources, left, rungs, loggers)
    else:  # a confirmation goes on whose search is over
        end = SweepEnd(EndReason.TIME)
    if plan.confirm is not None and end.reason in (EndReason.BUDGET, EndReason.TIME):
        end = confirm_best(plan.confirm, job, recorder, resources, loggers)
    return recorder, end


def _evaluate_champion(plan: Plan, run: Run) -> Evaluation | None:
    """The champion's evaluation by the skill's own action, where it has one."""
    from automl.launch.running.confirmation import drop_confirmed

    evaluation = evaluate_best(plan, execute) if can_evaluate(plan.skill) else None
    if evaluation is None or not evaluation.interrupted:  # else it is made up for
        drop_confirmed(plan, run)
    return evaluation


def _finish(plan: Plan, *, interrupted: bool, message: str, early: str = "") -> RunResult:
    """Write what the run leaves; the ledger's last word comes when all of it is there.

    The tables come last before it: they stand for the rest where a ledger has no such word.
    """
    run = Run(plan.output)
    write_best(run)
    status = RunStatus.INTERRUPTED if interrupted else RunStatus.DONE
    if status == RunStatus.DONE and (message or (run.champion is None and plan.space is not None)):
        status = RunStatus.FAILED
        message = message or f"no trial reached a value of {plan.objective.metric}"
    confirmed = plan.confirm is not None and status == RunStatus.DONE
    evaluation = _evaluate_champion(plan, run) if confirmed else None
    if evaluation is not None and evaluation.interrupted:
        status, message = RunStatus.INTERRUPTED, LEFT
    write_tables(run)
    closed = Ledger(plan.output / LEDGER_FILE).closed(status, message, early)
    return RunResult(run.with_event(closed), status, message, early, evaluation)
