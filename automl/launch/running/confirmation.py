"""Carrying out a confirmation: the best few trials of a search are trained again."""

from __future__ import annotations

from collections.abc import Sequence

from automl.constants import LEDGER_FILE, TrialSource
from automl.results.champion.confirmation_plan import (
    Confirm,
    ConfirmTraining,
    split_confirmation,
    trainings_left,
)
from automl.search.suggestion import Suggestion
from automl.sweep.cluster.resources import TrialResources
from automl.sweep.loggers import TrackingCallback
from automl.sweep.notices import ConfirmBegun
from automl.sweep.proposer import NO_TICKET, FixedProposals
from automl.sweep.recorder import Recorder
from automl.sweep.restore import restore
from automl.sweep.retention import Retention
from automl.sweep.stop_rules import make_stop_rule
from automl.sweep.tune import EndReason, SweepEnd, run_sweep
from automl.trial.job import TrialJob
from automl.trial.ledger.writer import Ledger, read_ledger


def confirm_best(
    confirm: Confirm,
    job: TrialJob,
    searched: Recorder,
    resources: TrialResources,
    loggers: Sequence[TrackingCallback] = (),
) -> SweepEnd:
    """Train the best of ``searched`` again, or what earlier sessions left of that.

    Its trials join the run's ledger; the study of the search is not told of them. A race has many
    rounds, each of which follows from what the ledger holds of those before it.
    """
    next_number = searched.next_number
    while True:
        events = read_ledger(job.run_dir / LEDGER_FILE)
        _, fresh = split_confirmation(events)
        trainings = trainings_left(confirm, events, searched.objective)
        suggested = [_suggestion(training) for training in trainings]
        recorder = fixed_recorder(suggested, job, searched, next_number)
        restore(recorder, fresh)
        if not trainings and not recorder.restarts:
            return SweepEnd(EndReason.BUDGET)
        searched.listener(ConfirmBegun(len(trainings) + len(recorder.restarts)))
        end = run_sweep(job, recorder, resources, loggers=loggers)
        next_number = recorder.next_number
        if end.reason != EndReason.BUDGET or not confirm.race:
            return end


def fixed_recorder(
    trainings: Sequence[Suggestion],
    job: TrialJob,
    searched: Recorder,
    next_number: int,
    ledger: Ledger | None = None,
) -> Recorder:
    """Return the recorder of given trainings after a search, which keeps all their checkpoints.

    They are recorded in ``ledger``, None for that of the search.
    """
    return Recorder(
        study=FixedProposals(trainings),
        ledger=searched.ledger if ledger is None else ledger,
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
        next_number=next_number,
    )


def _suggestion(training: ConfirmTraining) -> Suggestion:
    params = dict(training.params)
    return Suggestion(NO_TICKET, TrialSource.CONFIRM, params, changed=training.changed)
