"""Carrying out a confirmation: the best few are trained again, and one checkpoint is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from automl.constants import COL_NUMBER, LEDGER_FILE, TRIALS_FOLDER, TrialSource
from automl.results.confirmation import candidates
from automl.results.confirmation_plan import (
    Confirm,
    ConfirmTraining,
    split_confirmation,
    trainings_left,
)
from automl.search.study import Suggestion
from automl.sweep.notices import ConfirmBegun
from automl.sweep.restore import restore
from automl.sweep.retention import Retention
from automl.trial.files.checkpoints import drop_checkpoints
from automl.trial.history import trial_histories
from automl.trial.job import TrialJob, trial_id
from automl.trial.ledger import read_ledger

if TYPE_CHECKING:
    from automl.launch.plan import Plan
    from automl.results.run import Run
    from automl.sweep.cluster.resources import TrialResources
    from automl.sweep.loggers import TrackingCallback
    from automl.sweep.recorder import Recorder
    from automl.sweep.tune import SweepEnd


def confirm_best(
    confirm: Confirm,
    job: TrialJob,
    searched: Recorder,
    resources: TrialResources,
    loggers: Sequence[TrackingCallback] = (),
) -> SweepEnd:
    """Train the best of ``searched`` again, or what earlier sessions left of that.

    Its trials join the run's ledger; the search's study never hears of them.
    """
    from automl.sweep.proposer import FixedProposals
    from automl.sweep.recorder import Recorder
    from automl.sweep.stop_rules import make_stop_rule
    from automl.sweep.tune import EndReason, SweepEnd, run_sweep

    events = read_ledger(job.run_dir / LEDGER_FILE)
    search, fresh = split_confirmation(events)
    trainings = trainings_left(confirm, events, searched.objective)
    recorder = Recorder(
        study=FixedProposals(_suggestion(training) for training in trainings),
        ledger=searched.ledger,
        objective=searched.objective,
        listener=searched.listener,
        budget=None,
        run_dir=job.run_dir,
        retention=Retention(job.run_dir, searched.objective, keep="all"),
        stop_rule=make_stop_rule(searched.objective, None, None, ()),
        retries=searched.retries,
        oom_retries=searched.oom_retries,
        disk=searched.disk,
        gpus=searched.gpus,
        number_offset=len(trial_histories(search)),
    )
    restore(recorder, fresh)
    if not trainings and not recorder.restarts:
        return SweepEnd(EndReason.BUDGET)
    searched.listener(ConfirmBegun(len(trainings) + len(recorder.restarts)))
    return run_sweep(job, recorder, resources, loggers=loggers)


def _suggestion(training: ConfirmTraining) -> Suggestion:
    from automl.sweep.proposer import NO_TICKET

    params = dict(training.params)
    return Suggestion(NO_TICKET, TrialSource.CONFIRM, params, changed=training.changed)


def drop_confirmed(plan: Plan, run: Run) -> None:
    """Drop the checkpoints that only the confirmation had need of.

    What is left is the champion's and, of the search, as many as the user wants kept.
    """
    if plan.confirm is None or plan.trial_options.keep_checkpoints == "all":
        return
    rows, chosen = run.rows, run.champion
    count = plan.trial_options.keep_best if plan.trial_options.keep_checkpoints == "best" else 0
    kept = {row[COL_NUMBER] for row in candidates(rows, plan.objective, count)[:count]}
    kept |= {chosen[COL_NUMBER]} if chosen is not None and count else set()
    for row in rows:
        if row[COL_NUMBER] not in kept:
            folder = plan.output / TRIALS_FOLDER / trial_id(row[COL_NUMBER])
            drop_checkpoints(folder, plan.output)
