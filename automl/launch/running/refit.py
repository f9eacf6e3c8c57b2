"""Trains champion and defaults again on all training data, once the search with a holdout is over.

Their trainings are those of a run of its own in ``final/``, with its own ledger: its metrics come
from other data than the search's, and no table mixes them.
"""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from automl.constants import COL_NUMBER, FINAL_FOLDER, LEDGER_FILE
from automl.errors import AutoMLError
from automl.launch.plan import Plan
from automl.launch.plan_codec import save_plan
from automl.launch.planning.evaluation.final_test import stage_unread
from automl.launch.running.assembly import trial_job
from automl.launch.running.confirmation import fixed_recorder
from automl.launch.running.remote_run import StoredRun
from automl.results.champion.refit import Refit, refits_of
from automl.results.run import Run
from automl.search.suggestion import Suggestion
from automl.sweep.notices import RefitBegun
from automl.sweep.proposer import NO_TICKET
from automl.sweep.restore import restore
from automl.sweep.tune import EndReason, SweepEnd, run_sweep
from automl.trial.data.roots import DataRoots
from automl.trial.ledger.writer import Ledger, read_ledger

if TYPE_CHECKING:
    from automl.sweep.cluster.resources import TrialResources
    from automl.sweep.recorder import Recorder

LOG = logging.getLogger(__name__)


def train_on_all(plan: Plan, searched: Recorder, resources: TrialResources) -> SweepEnd:
    """Train what is left of champion and defaults again; return how that ended.

    A failure never ends the run: the champion of the search is there all the same.
    """
    run = Run(plan.output)
    left = [refit for refit in refits_of(run) if not refit.is_over]
    if not left:
        return SweepEnd(EndReason.BUDGET)
    try:
        return _train(refit_plan(plan), left, run, searched, resources)
    except AutoMLError as error:
        LOG.warning("training again on all data failed: %s", error)
        return SweepEnd(EndReason.ABORTED, str(error))


def _train(
    plan: Plan, left: list[Refit], run: Run, searched: Recorder, resources: TrialResources
) -> SweepEnd:
    plan.output.mkdir(exist_ok=True)
    save_plan(plan, vars(resources))
    ledger = Ledger(plan.output / LEDGER_FILE)
    ledger.session(host=socket.gethostname(), pid=os.getpid())
    job = trial_job(plan, resources.gpus)
    number = 1 + max(row[COL_NUMBER] for row in run.rows)
    begun = [_suggestion(refit) for refit in left if refit.history is None]
    recorder = fixed_recorder(begun, job, searched, number, ledger)
    stored = StoredRun(plan.storage, plan.output) if plan.storage else None
    if stored is not None:
        stored.serve(recorder)
    restore(recorder, read_ledger(ledger.path))
    searched.listener(RefitBegun(len(left)))
    end = run_sweep(job, recorder, resources)
    for refit in refits_of(run) if stored is not None else ():
        if stored is not None and refit.history is not None and not refit.failure:
            stored.fetch_checkpoints(refit.history.number)
    return end


def refit_plan(plan: Plan) -> Plan:
    """Return the plan of the trainings on all data.

    Raises:
        InputError: data that the search did not need are missing.
    """
    final = plan.final
    roots = DataRoots.from_dict(final.data) if final and final.data else plan.roots
    spec, staged = stage_unread(plan.skill, plan.action, plan.spec, roots, plan.user_keys)
    return replace(
        plan,
        spec=spec,
        sources={**plan.sources, **staged},
        roots=roots.over(plan.roots),
        output=plan.output / FINAL_FOLDER,
        confirm=None,
        final=None,
        loggers=(),
        resource_options=replace(plan.resource_options, storage=plan.storage),
    )


def _suggestion(refit: Refit) -> Suggestion:
    return Suggestion(NO_TICKET, refit.source, dict(refit.params), changed=refit.changed)
