"""Runs one trial inside its Ray actor, and names what passes between the actor and the driver.

Of the package ``automl.sweep`` a worker imports this module alone, so that it starts fast.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from automl.constants import LOG_FILE
from automl.home import mend_environment
from automl.trial.faults import failure_cause
from automl.trial.job import TrialJob
from automl.trial.mode import TrialMode
from automl.trial.run import prepare, run_trial, share_gpu
from automl.trial.stored_trial import StoredTrial
from automl.trial.worker.reuse import TRIAL_PROCESS

if TYPE_CHECKING:
    from automl.sweep.workers.rank_pool import RankShape


# Keys of a trial's config, which the driver hands to Tune.
NUMBER: Final = "number"
VALUES: Final = "values"
LINEAGE: Final = "lineage"

# Keys of what the actor reports: an epoch, ...
EPOCH: Final = "epoch"
KPI: Final = "kpi"
RAN: Final = "ran_s"
# ... that a metric in its log cannot be read for certain, ...
UNREAD: Final = "unread"
# ... that it is ready to train, which a worker that has run a trial before is at once, ...
READY: Final = "ready"
# ... why the trial fails, ...
FAILURE: Final = "failure"
FAULT: Final = "fault"
# ... or that the trial is over and the actor has to be replaced.
LEAKED: Final = "leaked"


class RunTime:
    """Counts the seconds from the start of a trial's training to its first report.

    Tune's time of a trial starts with its worker: on a loaded machine 20 seconds of imports, which
    the worker's later trials do not need. In ``train_time_s`` the first trial would look slow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """``clock`` returns seconds."""
        self._clock = clock
        self._began: float | None = None

    def begin(self) -> None:
        """Start to count: the worker is ready."""
        self._began = self._clock()

    def once(self) -> dict[str, float]:
        """Return the seconds under their key at the first call, nothing after that."""
        if self._began is None:
            return {}
        began, self._began = self._began, None
        return {RAN: self._clock() - began}


_used = False


def _first_trial() -> bool:
    """Return whether this worker runs its first trial."""
    global _used
    first, _used = not _used, True
    return first


def trial_in_actor(config: dict[str, Any], job: TrialJob, shape: RankShape) -> None:
    """Run the trial that ``config`` describes, and report its epochs to Tune.

    Args:
        config: what the searcher handed to Tune, by the keys above.
        job: what all trials of the run share.
        shape: the ranks of a trial on several devices.
    """
    from ray import tune

    run_time = RunTime()

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        stored.epoch()
        tune.report({EPOCH: epoch, KPI: kpi, **run_time.once()})

    def on_unread(words: str) -> None:
        tune.report({UNREAD: words})

    def ready() -> None:
        run_time.begin()
        tune.report({READY: True})

    number, values = config[NUMBER], config[VALUES]
    try:
        mend_environment()  # a node of a cluster has an environment of its own
        with StoredTrial(job, number) as stored:
            job = stored.job
            if job.mode == TrialMode.RANKS:
                from automl.sweep.workers.rank_pool import call_on_ranks

                on_ranks = partial(call_on_ranks, shape=shape, ready=ready)
                run_trial(job, number, values, on_epoch, config[LINEAGE], on_ranks)
            else:
                prepare(job)
                if _first_trial():
                    ready()
                with TRIAL_PROCESS.trial(job.folder(number) / LOG_FILE):
                    share_gpu(job)
                    run_time.begin()
                    lineage = config[LINEAGE]
                    run_trial(job, number, values, on_epoch, lineage, on_unread=on_unread)
    except Exception as error:
        cause = failure_cause(error)
        tune.report({FAILURE: cause.reason, FAULT: cause.fault})
        raise
    if TRIAL_PROCESS.leak_reason:  # Tune reuses an actor unless its trial raises
        tune.report({LEAKED: True})
        raise RuntimeError(TRIAL_PROCESS.leak_reason)
