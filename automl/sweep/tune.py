"""The sweep itself: a Ray Tune run over the recorder's trials, each in an actor that is reused."""

from __future__ import annotations

import logging
import shlex
import shutil
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automl.errors import RunError
from automl.interrupts import AGAIN, EXIT_CODE, end_process, has_come, stage
from automl.sweep.cluster.resources import ConcurrencyLimit, TrialResources
from automl.sweep.cluster.server_watch import (
    RayDied,
    check_servers,
    dead_server,
    finish_stuck,
    is_job_signalled,
)
from automl.sweep.recorder import Recorder
from automl.sweep.workers.actor import trial_in_actor
from automl.trial.child.process import GRACE_S
from automl.trial.job import TrialJob
from automl.trial.mode import TrialMode
from automl.trial.timeouts import Limits, TimeoutWatch

if TYPE_CHECKING:
    from automl.sweep.callbacks import RecordingCallback
    from automl.sweep.loggers import TrackingCallback
    from automl.sweep.schedulers import StoppingScheduler
    from automl.sweep.workers.rank_pool import RankShape


LOG: Final = logging.getLogger(__name__)
SCRATCH: Final = ".tune"
CHILD_MARGIN_S: Final = 3 * GRACE_S
RANKS_START_S: Final = 300.0
HEARD_S: Final = 0.5
STUCK_S: Final = 8.0
SIGNALLED_S: Final = 1.0  # instead of STUCK_S where Ray's processes got the signal too
EPOCH_GRACE_S: Final = 15.0  # a preempted node has 30 s: Ray's end and the tables need the rest
_ANSWER: Final = f"stopping: trials end their epoch, {EPOCH_GRACE_S:.0f} s at most; {AGAIN}"


class EndReason(StrEnum):
    """Why a sweep ended."""

    BUDGET = "budget"
    TIME = "time"
    INTERRUPTED = "interrupted"
    ABORTED = "aborted"  # trials keep failing for one cause, or the disk is nearly full


@dataclass(frozen=True)
class SweepEnd:
    """How a sweep ended, and why it was aborted, if it was."""

    reason: EndReason
    message: str = ""


def run_sweep(
    job: TrialJob,
    recorder: Recorder,
    resources: TrialResources,
    time_budget_s: float | None = None,
    scheduler: StoppingScheduler | None = None,
    loggers: Sequence[TrackingCallback] = (),
) -> SweepEnd:
    """Run trials until the budget or the time is spent, or the sweep is aborted; Ray must run.

    Args:
        job: what all trials share.
        recorder: says which trial comes next, and records what happens to it.
        resources: what one trial gets, and how many run side by side.
        time_budget_s: seconds after which running trials are stopped, None for no limit.
        scheduler: stops poor trials; None lets each run to its end.
        loggers: are told of every trial as well.
    """
    interrupted = threading.Event()
    with stage(_ANSWER, asked=interrupted):
        tuner = _tuner(job, recorder, resources, time_budget_s, scheduler, loggers, interrupted)
        _fit(tuner, recorder, interrupted, job.run_dir)
    if interrupted.is_set() or recorder.abort_reason:
        recorder.interrupt()
    else:
        recorder.out_of_time()
    shutil.rmtree(job.run_dir / SCRATCH, ignore_errors=True)
    end = _end(recorder, interrupted=interrupted.is_set())
    LOG.info("the search is over (%s): %d trials were started", end.reason, recorder.started)
    return end


def _fit(tuner: Any, recorder: Recorder, interrupted: threading.Event, run_dir: Path) -> None:
    """Run the sweep; the death of a local Ray aborts it, whatever Tune makes of that.

    A signal to all processes of a job ends Ray too, perhaps before this process has heard it.
    """
    over, finishing = threading.Event(), threading.Lock()
    watch = partial(_finish_where_stuck, over, finishing, recorder, interrupted, run_dir)
    threading.Thread(target=watch, daemon=True).start()
    try:
        tuner.fit()
    except (Exception, RayDied):
        if not (died := dead_server()):
            raise
        interrupted.wait(HEARD_S)
        recorder.abort_reason = _how_to_go_on(died, run_dir)
    finally:
        finishing.acquire()  # where the other thread finishes the run, until it ends the process
        over.set()


def _finish_where_stuck(
    over: threading.Event,
    finishing: threading.Lock,
    recorder: Recorder,
    interrupted: threading.Event,
    run_dir: Path,
) -> None:
    """Finish the run and end the process, where Tune waits for a server that is dead or ends.

    Ray ends the process after a minute of that, and nothing would be said or written.
    """
    while not over.wait(HEARD_S):
        died = dead_server()
        if not died or over.wait(SIGNALLED_S if is_job_signalled() else STUCK_S):
            continue
        if finishing.acquire(blocking=False):
            words = _how_to_go_on(died, run_dir)
            print(f"automl: {words}", file=sys.stderr, flush=True)
            recorder.interrupt()
            cut = interrupted.is_set() or has_come()
            finish_stuck(recorder.ledger, "" if cut else words)
            end_process(EXIT_CODE if cut else RunError.exit_code)


def _how_to_go_on(died: str, run_dir: Path) -> str:
    return f"{died}: go on with  automl run --resume {shlex.quote(str(run_dir))}"


def _end(recorder: Recorder, *, interrupted: bool) -> SweepEnd:
    if interrupted:
        return SweepEnd(EndReason.INTERRUPTED)
    if recorder.abort_reason:
        return SweepEnd(EndReason.ABORTED, recorder.abort_reason)
    return SweepEnd(EndReason.BUDGET if recorder.spent else EndReason.TIME)


def _tuner(
    job: TrialJob,
    recorder: Recorder,
    resources: TrialResources,
    time_budget_s: float | None,
    scheduler: StoppingScheduler | None,
    loggers: Sequence[TrackingCallback],
    interrupted: threading.Event,
) -> Any:
    """Return a Tune run with our searcher, scheduler and callbacks."""
    from ray import tune

    from automl.sweep.callbacks import StudySearcher
    from automl.sweep.cluster.session import capacity_now
    from automl.sweep.schedulers import Fifo
    from automl.sweep.stopping import GracefulInterrupt, SweepStopper
    from automl.sweep.workers.actor import NUMBER

    interrupt = GracefulInterrupt(interrupted, EPOCH_GRACE_S)
    limit = ConcurrencyLimit(resources, lambda: capacity_now(cluster=True))
    return tune.Tuner(
        _trainable(job, resources),
        tune_config=tune.TuneConfig(
            scheduler=scheduler or Fifo(),
            search_alg=StudySearcher(recorder, limit, interrupted, check_servers),
            num_samples=-1,
            reuse_actors=True,
            trial_name_creator=lambda trial: f"trial_{trial.config[NUMBER]:04d}",
            trial_dirname_creator=lambda trial: f"{trial.config[NUMBER]:04d}-{trial.trial_id}",
        ),
        run_config=tune.RunConfig(
            name="sweep",
            storage_path=str(job.run_dir / SCRATCH),
            callbacks=[_recording_callback(job, recorder, scheduler), interrupt, *loggers],
            stop=SweepStopper(recorder, interrupt, time_budget_s),
            failure_config=tune.FailureConfig(max_failures=0),
            verbose=0,
        ),
    )


def _trainable(job: TrialJob, resources: TrialResources) -> Any:
    """One trial, with what Tune reserves for it.

    Job and shape travel with the function: as objects of Ray's store, where tune.with_parameters
    puts them, they end this process without a word if that store dies before Tune has noticed.
    """
    from ray import tune

    shape = _shape(resources)

    def trial(config: dict[str, Any]) -> None:
        trial_in_actor(config, job, shape)

    return tune.with_resources(trial, _bundles(resources))


def _recording_callback(
    job: TrialJob, recorder: Recorder, scheduler: StoppingScheduler | None
) -> RecordingCallback:
    from automl.sweep.callbacks import RecordingCallback

    start_s = RANKS_START_S if job.mode == TrialMode.RANKS else 0.0
    stopped = scheduler.stopped if scheduler else ()
    watch = TimeoutWatch(_driver_limits(job))
    return RecordingCallback(recorder, watch, stopped, start_s, check_servers)


def _driver_limits(job: TrialJob) -> Limits:
    """The driver's limits: a child process enforces the same limits itself, a little earlier."""
    margin = CHILD_MARGIN_S if job.mode.is_child else 0.0
    limits = (job.limits.trial_s, job.limits.stall_s)
    return Limits(*(limit and limit + margin for limit in limits))


def _bundles(resources: TrialResources) -> Any:
    """What Tune reserves for a trial: one bundle, or one for each rank, all on one node."""
    from ray.tune import PlacementGroupFactory

    if resources.ranks == 1:
        return resources.demand
    shape = _shape(resources)
    ranks = [{"CPU": shape.cpus, "GPU": shape.gpus} for _ in range(shape.size)]
    ranks[0].update(resources.custom)
    return PlacementGroupFactory([{}, *ranks], strategy="STRICT_PACK")


def _shape(resources: TrialResources) -> RankShape:
    from automl.sweep.workers.rank_pool import RankShape

    share = resources.cpus / resources.ranks, resources.gpus / resources.ranks
    return RankShape(resources.ranks, *share)
