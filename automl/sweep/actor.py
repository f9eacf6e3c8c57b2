"""One trial inside its actor: all of the sweep that a worker loads, which starts the sooner."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from automl.constants import LOG_FILE
from automl.sweep.fields import (
    EPOCH,
    FAILURE,
    FAULT,
    KPI,
    LINEAGE,
    NUMBER,
    READY,
    VALUES,
    WORN,
)
from automl.sweep.run_time import RunTime
from automl.trial.isolation import WORKER
from automl.trial.job import TrialJob
from automl.trial.run import failure_cause, prepare, run_trial, share_gpu
from automl.trial.stored import Stored

if TYPE_CHECKING:
    from automl.sweep.rank_pool import RankShape


def trial_in_actor(config: dict[str, Any], job: TrialJob, shape: RankShape) -> None:
    """Run the trial that ``config`` describes, by the names of ``fields``, and report its epochs.

    Args:
        config: what the searcher handed to Tune.
        job: what all trials of the run share.
        shape: the ranks of a trial on several devices.
    """
    from ray import tune

    run = RunTime()

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        stored.epoch()
        tune.report({EPOCH: epoch, KPI: kpi, **run.first_told()})

    def ready() -> None:
        run.begin()
        tune.report({READY: True})

    number, values = config[NUMBER], config[VALUES]
    try:
        with Stored(job, number) as stored:
            job = stored.job
            if job.mode == "ranks":
                from automl.sweep.rank_pool import call_on_ranks

                on_ranks = partial(call_on_ranks, shape=shape, ready=ready)
                run_trial(job, number, values, on_epoch, config[LINEAGE], on_ranks)
            else:
                prepare(job)
                with WORKER.trial(job.folder(number) / LOG_FILE):
                    share_gpu(job)
                    run.begin()
                    run_trial(job, number, values, on_epoch, config[LINEAGE])
    except Exception as error:
        cause = failure_cause(error)
        tune.report({FAILURE: cause.reason, FAULT: cause.fault})
        raise
    if WORKER.worn:  # Tune reuses an actor unless its trial raises
        tune.report({WORN: True})
        raise RuntimeError(WORKER.worn)
