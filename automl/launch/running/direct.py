"""One direct run of an action, and the files that it wrote: no search, no Ray, one trial."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from automl.constants import (
    LOG_FILE,
    SPEC_FILE,
    STATUS_FILE,
    TRIALS_FOLDER,
    TrialSource,
    TrialState,
)
from automl.launch.plan import Plan
from automl.spec.nested import get_path
from automl.sweep.cluster.resources import GPU, this_machine
from automl.sweep.notices import EpochDone, Listener, MetricAmbiguous, TrialEnded, TrialStarted
from automl.sweep.workers.actor import RAN, RunTime
from automl.trial.faults import Cause, failure_cause
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.job import TrialJob, trial_id
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.mode import TrialMode
from automl.trial.objective import Objective
from automl.trial.run import Lineage, prepare, run_trial
from automl.trial.worker.torch_state import forget_gpu_use, gpus_used


def run_direct(
    job: TrialJob, ledger: Ledger, objective: Objective, listener: Listener, devices: int = 1
) -> tuple[TrialState, str]:
    """Run trial 0 with the spec as it is; return its state and why it failed.

    ``devices`` is how many its spec asks for.
    """
    run_time = RunTime()
    earlier = trial_histories(read_ledger(ledger.path)) if job.folder(0).exists() else []
    lineage = Lineage(recorded=earlier[0].recorded) if earlier else Lineage()
    start = ledger.start(0, TrialSource.DEFAULT, {})
    history = earlier[0] if earlier else TrialHistory(start)
    history.begin(start)
    listener(TrialStarted(0, TrialSource.DEFAULT, {}))

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        history.add_epoch(ledger.epoch(0, epoch, kpi, run_time.once().get(RAN)))
        listener(EpochDone(0, epoch, kpi))

    def on_unread(words: str) -> None:
        listener(MetricAmbiguous(0, words))

    state, cause = TrialState.FINISHED, Cause("", "")
    forget_gpu_use()
    try:
        prepare(job)
        run_time.begin()
        run_trial(job, 0, {}, on_epoch, lineage, on_unread=on_unread)
    except KeyboardInterrupt:
        state = TrialState.INTERRUPTED
    except Exception as error:  # a trainer's errors share no base with ours
        state, cause = TrialState.FAILED, failure_cause(error)
    host, gpus = socket.gethostname(), _gpus(job, devices)
    ran_s = run_time.once().get(RAN)
    end = ledger.end(
        0, state, cause.reason, fault=cause.fault, host=host, gpu_count=gpus, ran_s=ran_s
    )
    history.finish(end)
    best = history.best_value(objective)
    listener(TrialEnded(0, state, best, cause.reason, history.seconds, cause.fault))
    return state, cause.reason


def _gpus(job: TrialJob, devices: int) -> int:
    """How many GPUs the trial used; for a child process, as many as it asked for."""
    if job.mode == TrialMode.IN_PROCESS:
        return gpus_used()
    return min(devices, int(this_machine().total(GPU)))


_OURS: Final = (SPEC_FILE, STATUS_FILE, LOG_FILE)


def output_files(plan: Plan) -> tuple[Path, ...]:
    """Return the files and folders that the trainer of a direct run wrote.

    Those that the spec names as outputs of the action come first, wherever they lie; then what else
    is in the folder of its one trial. Folders without content are left out.
    """
    folder = plan.output / TRIALS_FOLDER / trial_id(0)
    found = dict.fromkeys(path for path in _declared(plan, folder) if _has_content(path))
    rest = (
        path for path in sorted(folder.glob("*")) if _is_by_trainer(path) and _has_content(path)
    )
    return (*found, *(path for path in rest if path not in found))


def _declared(plan: Plan, folder: Path) -> Iterator[Path]:
    for key in plan.skill.action(plan.action).outputs:
        value = get_path(plan.spec, key, None)
        path = folder / plan.placed[key] if key in plan.placed else Path(str(value or ""))
        if value and path.absolute() != folder.absolute():
            yield path


def _is_by_trainer(path: Path) -> bool:
    return path.name not in _OURS and not path.name.startswith((".", "config."))


def _has_content(path: Path) -> bool:
    return path.is_file() or (path.is_dir() and any(path.iterdir()))
