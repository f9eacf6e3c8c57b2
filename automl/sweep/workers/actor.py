"""How long a trial has run when its first epoch is reported, told along with that epoch.

The driver's clock of a trial begins with its worker's start: on a loaded machine 20 seconds of
imports, of which a worker's later trials need none. As train_time_s that would punish the first.

One trial inside its actor: all of the sweep that a worker loads, which starts the sooner.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from automl.constants import LOG_FILE
from automl.sweep.messages import EPOCH, FAILURE, FAULT, KPI, LINEAGE, NUMBER, READY, VALUES, WORN
from automl.trial.faults import failure_cause
from automl.trial.job import TrialJob
from automl.trial.mode import TrialMode
from automl.trial.run import prepare, run_trial, share_gpu
from automl.trial.stored_trial import StoredTrial
from automl.trial.worker.reuse import TRIAL_PROCESS

if TYPE_CHECKING:
    from automl.sweep.workers.rank_pool import RankShape


RAN: Final = "ran_s"


class RunTime:
    """Counts, inside a trial's worker, the seconds from the trial's begin to its first report."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds."""
        self._clock = clock
        self._began: float | None = None

    def begin(self) -> None:
        """The worker is ready: from here on the time is the trial's."""
        self._began = self._clock()

    def first_told(self) -> dict[str, float]:
        """Return the seconds since the begin the first time, nothing after that."""
        if self._began is None:
            return {}
        began, self._began = self._began, None
        return {RAN: self._clock() - began}


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
        with StoredTrial(job, number) as stored:
            job = stored.job
            if job.mode == TrialMode.RANKS:
                from automl.sweep.workers.rank_pool import call_on_ranks

                on_ranks = partial(call_on_ranks, shape=shape, ready=ready)
                run_trial(job, number, values, on_epoch, config[LINEAGE], on_ranks)
            else:
                prepare(job)
                with TRIAL_PROCESS.trial(job.folder(number) / LOG_FILE):
                    share_gpu(job)
                    run.begin()
                    run_trial(job, number, values, on_epoch, config[LINEAGE])
    except Exception as error:
        cause = failure_cause(error)
        tune.report({FAILURE: cause.reason, FAULT: cause.fault})
        raise
    if TRIAL_PROCESS.leak_reason:  # Tune reuses an actor unless its trial raises
        tune.report({WORN: True})
        raise RuntimeError(TRIAL_PROCESS.leak_reason)
