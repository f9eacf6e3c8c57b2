"""One direct training: no search, no Ray, the same folder layout as a sweep's."""

from __future__ import annotations

import socket
import time

from automl.sweep.progress import EpochDone, Listener, TrialEnded, TrialStarted
from automl.sweep.resources import GPU
from automl.sweep.this_machine import this_machine
from automl.trial.fault import Cause
from automl.trial.job import TrialJob
from automl.trial.ledger import Ledger
from automl.trial.objective import Objective
from automl.trial.run import failure_cause, run_trial
from automl.trial.torch_state import forget_gpu_use, gpus_used


def run_direct(
    job: TrialJob, ledger: Ledger, objective: Objective, listener: Listener, devices: int = 1
) -> tuple[str, str]:
    """Run trial 0 with the spec as it is; returns its state and why it failed.

    ``devices``: how many its spec asks for.
    """
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
    forget_gpu_use()
    try:
        run_trial(job, 0, {}, on_epoch)
    except KeyboardInterrupt:
        state = "interrupted"
    except Exception as error:  # a trainer's errors share no base with ours
        state, cause = "failed", failure_cause(error)
    facts = {"host": socket.gethostname(), "gpu_count": _gpus(job, devices)}
    ledger.end(0, state, cause.reason, fault=cause.fault, **facts)
    seconds = time.monotonic() - started
    listener(TrialEnded(0, state, best, cause.reason, seconds, cause.fault))
    return state, cause.reason


def _gpus(job: TrialJob, devices: int) -> int:
    """The GPUs that the trial worked on; a child process is taken to use what it asked for."""
    if job.mode == "in_process":
        return gpus_used()
    return min(devices, int(this_machine().total(GPU)))
