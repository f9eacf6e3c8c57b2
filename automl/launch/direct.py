"""One direct training: no search, no Ray, the same folder layout as a sweep's."""

from __future__ import annotations

import socket
import time

from automl.sweep.progress import EpochDone, Listener, TrialEnded, TrialStarted
from automl.trial.fault import Cause
from automl.trial.job import TrialJob
from automl.trial.ledger import Ledger
from automl.trial.objective import Objective
from automl.trial.run import failure_cause, run_trial


def run_direct(
    job: TrialJob, ledger: Ledger, objective: Objective, listener: Listener
) -> tuple[str, str]:
    """Run trial 0 with the spec as it is; returns its state and why it failed."""
    started = time.monotonic()
    ledger.start(0, "default", {})
    listener(TrialStarted(0, "default", {}))
    best: float | None = None

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        nonlocal best
        value = kpi.get(objective.metric)
        if value is not None and objective.better(value, best):
            best = value
        ledger.epoch(0, epoch, kpi)
        listener(EpochDone(0, epoch, kpi))

    state, cause = "finished", Cause("", "")
    try:
        run_trial(job, 0, {}, on_epoch)
    except KeyboardInterrupt:
        state = "interrupted"
    except Exception as error:  # a trainer's errors share no base with ours
        state, cause = "failed", failure_cause(error)
    facts = {"host": socket.gethostname(), "gpu_count": 0}
    ledger.end(0, state, cause.reason, fault=cause.fault, **facts)
    seconds = time.monotonic() - started
    listener(TrialEnded(0, state, best, cause.reason, seconds, cause.fault))
    return state, cause.reason
