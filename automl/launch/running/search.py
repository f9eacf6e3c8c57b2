"""The trials of a sweep: what is left of its search, then the trainings that confirm the best.

It imports Ray Tune and Optuna, so it is imported where a sweep begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from automl.constants import STUDY_FILE
from automl.errors import InputError
from automl.launch.plan import Plan
from automl.launch.plan_codec import save_plan
from automl.launch.running.assembly import make_recorder, population_proposer, trial_job
from automl.launch.running.capacity import check_cluster, check_disk, trial_resources
from automl.launch.running.confirmation import confirm_best
from automl.launch.running.guidance.guided import GuidedProposer, closed_advice
from automl.launch.running.refit import train_on_all
from automl.launch.running.remote_run import StoredRun
from automl.launch.running.study import seed_study, sound_study
from automl.results.champion.confirmation_plan import split_confirmation
from automl.sweep.cluster.resources import Capacity
from automl.sweep.loggers import make_loggers
from automl.sweep.notices import Listener
from automl.sweep.recorder import Recorder
from automl.sweep.restore import end_stopped, restore
from automl.sweep.schedulers import make_scheduler
from automl.sweep.tune import EndReason, SweepEnd, run_sweep
from automl.trial.history import trial_histories
from automl.trial.ledger.events import LedgerEvent
from automl.trial.ledger.writer import seconds_used

Events = Sequence[LedgerEvent]


def run_search(
    plan: Plan, listener: Listener, events: Events, stored: StoredRun | None, capacity: Capacity
) -> tuple[Recorder, SweepEnd, str]:
    """Run the trials that are left, and those that confirm the best and train it on all data.

    Returns the recorder of the search, how all that ended, and why no training on all data began.

    Args:
        plan: what to search.
        listener: is told what happens to each trial.
        events: the ledger's, of earlier sessions.
        stored: where the trials' files are stored, None for the run's folder alone.
        capacity: what the nodes have.
    """
    resources = trial_resources(plan, capacity)
    check_disk(plan, resources.concurrency)
    if plan.resource_options.address is not None:
        check_cluster(plan)
    searched, confirming = split_confirmation(events)
    if not confirming:
        plan = _with_pairs(plan, resources.concurrency // 2)
    save_plan(plan, vars(resources))
    job = trial_job(plan, resources.gpus)
    recorder = resumed_recorder(plan, listener, events, stored, resources.gpus)
    scheduler = make_scheduler(plan.scheduler, plan.objective, searched)
    end_stopped(recorder, scheduler.stopped if scheduler else ())
    loggers = make_loggers(plan.loggers, plan.output, plan.skill.info.name)
    left = None if plan.time_budget_s is None else plan.time_budget_s - seconds_used(searched)
    if left is None or left > 0:
        with closed_advice(recorder.study):
            end = run_sweep(job, recorder, resources, left, scheduler, loggers)
    else:  # the search is over, its confirmation is not
        end = SweepEnd(EndReason.TIME)
    if plan.confirm is not None and end.reason in (EndReason.BUDGET, EndReason.TIME):
        end = confirm_best(plan.confirm, job, recorder, resources, loggers)
    refit = SweepEnd(EndReason.BUDGET)
    wanted = plan.final is not None and plan.final.refit
    if wanted and end.reason in (EndReason.BUDGET, EndReason.TIME):
        refit = train_on_all(plan, recorder, resources)
    if refit.reason == EndReason.INTERRUPTED:
        end = refit
    return recorder, end, refit.message


def _with_pairs(plan: Plan, room: int) -> Plan:
    """Return the plan with as many pairs in a round of its confirmation as run side by side.

    Once the confirmation has begun that number stays: its rounds follow from it.
    """
    if plan.confirm is None:
        return plan
    return replace(plan, confirm=replace(plan.confirm, pairs=max(1, room)))


def resumed_recorder(
    plan: Plan, listener: Listener, events: Events, stored: StoredRun | None, gpus: float
) -> Recorder:
    """The recorder in front of the plan's study; both know the trials of earlier sessions."""
    searched, confirming = split_confirmation(events)
    study = sound_study(plan, plan.output / STUDY_FILE, searched, listener)
    proposer = (
        population_proposer(plan, study, searched)
        if plan.population
        else GuidedProposer(study, plan, searched, listener)
    )
    recorder = make_recorder(plan, proposer, gpus, listener, searched)
    if isinstance(proposer, GuidedProposer):
        proposer.record = recorder.ledger.advice
    recorder.next_number = 1 + max((h.number for h in trial_histories(confirming)), default=-1)
    if stored is not None:
        stored.serve(recorder)
    restore(recorder, searched)
    if plan.population is not None and not confirming:
        _check_population(plan, recorder)
    if not recorder.started and plan.space is not None:
        seed_study(study, plan.sweep_options, plan.space, plan.spec, plan.objectives)
    return recorder


def _check_population(plan: Plan, recorder: Recorder) -> None:
    """Refuse a population with a lost trial: numbers decide from which trial another continues.

    Raises:
        InputError: the ledger does not hold all of its trials.
    """
    if recorder.next_number != recorder.started:
        lost = recorder.next_number - recorder.started
        raise InputError(
            f"{lost} trial(s) of the population in {plan.output} are lost, so it cannot go on:"
            " start a new run, perhaps with --enqueue"
        )
