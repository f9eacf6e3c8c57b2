"""Carrying out a plan: a sweep on Ray Tune, or one direct training in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from automl.constants import TrialState
from automl.interrupts import AGAIN, raise_dropped, stage
from automl.launch.known_places import remember
from automl.launch.plan import Plan
from automl.launch.plan_codec import plan_places, plan_to_dict, save_plan
from automl.launch.result import RunResult
from automl.launch.running.assembly import open_ledger, trial_job
from automl.launch.running.containers import containers_of
from automl.launch.running.direct import output_files, run_direct
from automl.launch.running.driver_lock import only_driver
from automl.launch.running.failures import failure_recorded, storage_errors_explained
from automl.launch.running.finish import finish_run, finish_without_ray, trial_folders
from automl.launch.running.prewarm import loading
from automl.launch.running.remote_run import StoredRun, stored_run
from automl.launch.running.resume_hint import interrupt_explained
from automl.launch.running.start_checkpoint import measure_start
from automl.results.champion.refit import refits_of
from automl.results.ending import has_budget_left
from automl.results.run import Run
from automl.sweep.notice_log import log_notice
from automl.sweep.notices import Listener
from automl.trial.child.process import await_children

if TYPE_CHECKING:
    from automl.sweep.cluster.background import BackgroundRay
    from automl.trial.ledger.writer import Ledger

LOG = logging.getLogger(__name__)


def execute(
    plan: Plan,
    listener: Listener | None = None,
    background: BackgroundRay | None = None,
    *,
    is_new: bool = False,
    when_stuck: Callable[[RunResult], object] | None = None,
) -> RunResult:
    """Run what ``plan`` says, or what is left of it.

    Args:
        plan: what to do.
        listener: is told what happens to each trial; None to log it.
        background: a local Ray that may be starting already.
        is_new: whether the run's folder must be unused, as it was when the run was planned.
        when_stuck: called with the result, from another thread, if Ray dies during a call that
            never returns; then the process ends.

    Raises:
        InputError: the machine or cluster cannot give what one trial needs, or another process
            drives the run or has taken the folder of a new one.
        RunError: the disk failed, or is full; or Ray does not come up.
        KeyboardInterrupt: the user stopped it while no trial ran; it says how the run goes on.
    """
    with interrupt_explained(plan):
        return _execute(plan, listener, background, is_new=is_new, when_stuck=when_stuck)


def _execute(
    plan: Plan,
    listener: Listener | None = None,
    background: BackgroundRay | None = None,
    *,
    is_new: bool = False,
    when_stuck: Callable[[RunResult], object] | None = None,
) -> RunResult:
    hear, folder = listener or log_notice, plan.output
    LOG.info("%s of action %s in %s", plan.route.kind, plan.action, folder)
    with (
        storage_errors_explained(folder),
        only_driver(folder, is_new=is_new),
        failure_recorded(folder),
    ):
        remember(plan_places(plan))
        if plan.space is None:
            with containers_of(plan):
                return _run_directly(plan, hear)
        measure_start(plan, hear, _execute)
        before = Run(folder)
        if _needs_no_ray(plan, before):
            return finish_without_ray(plan, hear, before, _execute)
        with (
            containers_of(plan),
            stored_run(plan) as stored,
            failure_recorded(folder),
        ):  # before the last upload, which takes the ledger along
            stuck = partial(_finish_stuck, plan, when_stuck)
            return _sweep(plan, hear, before, stored, background, stuck)


def _run_directly(plan: Plan, listener: Listener) -> RunResult:
    raise_dropped()
    save_plan(plan, {})
    with stage(f"stopping {plan.action}; {AGAIN}"):
        job, ledger = trial_job(plan, 0), open_ledger(plan, listener)
        state, message = run_direct(job, ledger, plan.objective, listener, plan.devices)
    interrupted = state == TrialState.INTERRUPTED
    result = finish_run(plan, _execute, ledger, interrupted=interrupted, message=message)
    return replace(result, outputs=output_files(plan))


def _needs_no_ray(plan: Plan, before: Run) -> bool:
    """Whether a resumed sweep has no trial left to run and needs no Ray for its last steps.

    A sweep that is stored at a URL is run in full: its champion may have to be fetched.
    """
    if plan.storage is not None or not before.events:
        return False
    run = Run(plan.output, plan=plan_to_dict(plan), events=before.events)
    return not has_budget_left(run) and all(refit.is_over for refit in refits_of(run))


def _sweep(
    plan: Plan,
    listener: Listener,
    before: Run,
    stored: StoredRun | None,
    background: BackgroundRay | None,
    finish_stuck: Callable[[Ledger, str], None],
) -> RunResult:
    from automl.search.preload import load_sampler
    from automl.sweep.cluster.server_watch import finished_where_stuck
    from automl.sweep.cluster.session import ray_running

    trials = None if plan.sweep_options.prior else plan.trials
    load_sampler(plan.algorithm, trials)  # Ray may be starting meanwhile
    with (
        loading(plan),
        ray_running(plan.resource_options.address, background) as capacity,
        finished_where_stuck(finish_stuck),
    ):
        LOG.debug("Ray has %s", ", ".join(map(str, capacity.nodes)))
        from automl.launch.running.search import run_search
        from automl.sweep.tune import EndReason

        raise_dropped()
        recorder, end, refit_failure = run_search(plan, listener, before.events, stored, capacity)
    if stored is not None:
        stored.fetch_best(recorder)
    await_children(trial_folders(plan.output))
    return finish_run(
        plan,
        _execute,
        recorder.ledger,
        interrupted=end.reason == EndReason.INTERRUPTED,
        message=end.message,
        early=recorder.stop_rule.reason,
        out_of_time=end.reason == EndReason.TIME,
        refit_failure=refit_failure,
    )


def _finish_stuck(
    plan: Plan, tell: Callable[[RunResult], object] | None, ledger: Ledger, message: str
) -> None:
    """Finish a sweep whose main thread hangs on a dead Ray: interrupted, or failed, with why."""
    result = finish_run(plan, _execute, ledger, interrupted=not message, message=message)
    if tell is not None:
        tell(result)
