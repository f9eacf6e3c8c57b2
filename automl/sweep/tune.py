"""The sweep itself: a Ray Tune run over a study's suggestions, each a trial in a warm actor."""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from automl.sweep.record import Recorder
from automl.sweep.resources import TrialResources
from automl.trial.job import TrialJob
from automl.trial.run import run_trial

NUMBER: Final = "number"
VALUES: Final = "values"
KPI: Final = "kpi"
EPOCH: Final = "epoch"
SCRATCH: Final = ".tune"


@dataclass(frozen=True)
class SweepEnd:
    """How a sweep ended: ``reason`` is budget, time, interrupted or hopeless."""

    reason: str
    message: str = ""


def run_sweep(
    job: TrialJob,
    recorder: Recorder,
    resources: TrialResources,
    time_budget_s: float | None = None,
) -> SweepEnd:
    """Run trials until the budget, the time or hope is spent. Ray must be running.

    Args:
        job: what all trials share.
        recorder: hands out suggestions and keeps what comes back.
        resources: what one trial gets, and how many run side by side.
        time_budget_s: seconds after which running trials are stopped, None for no limit.
    """
    from ray import tune

    interrupted = threading.Event()
    scratch = job.run_dir / SCRATCH
    trainable = tune.with_resources(
        tune.with_parameters(_trial, job=job), {"CPU": resources.cpus, "GPU": resources.gpus}
    )
    tuner = tune.Tuner(
        trainable,
        tune_config=tune.TuneConfig(
            search_alg=_searcher(recorder, resources.concurrency, interrupted),
            num_samples=-1,
            reuse_actors=True,
            time_budget_s=timedelta(seconds=time_budget_s) if time_budget_s else None,
            trial_name_creator=lambda trial: f"trial_{trial.config[NUMBER]:04d}",
            trial_dirname_creator=lambda trial: f"{trial.config[NUMBER]:04d}",
        ),
        run_config=tune.RunConfig(
            name="sweep",
            storage_path=str(scratch),
            callbacks=[_callback(recorder)],
            stop=_stopper(recorder, interrupted),
            failure_config=tune.FailureConfig(max_failures=0),
            verbose=0,
        ),
    )
    with _first_interrupt_sets(interrupted):
        tuner.fit()
    recorder.interrupt()
    shutil.rmtree(scratch, ignore_errors=True)
    if interrupted.is_set():
        return SweepEnd("interrupted")
    if recorder.hopeless:
        return SweepEnd("hopeless", recorder.hopeless)
    return SweepEnd("budget" if recorder.spent else "time")


def _trial(config: dict[str, Any], job: TrialJob) -> None:
    """One trial, inside its actor."""
    from ray import tune

    def on_epoch(epoch: int, kpi: dict[str, float]) -> None:
        tune.report({EPOCH: epoch, KPI: kpi})

    run_trial(job, config[NUMBER], config[VALUES], on_epoch)


def _searcher(recorder: Recorder, concurrency: int, interrupted: threading.Event) -> Any:
    from ray.tune.search import Searcher

    class StudySearcher(Searcher):
        """Suggests what the recorder's study proposes, while budget and room last."""

        def suggest(self, trial_id: str) -> Any:
            if recorder.spent or interrupted.is_set():
                return Searcher.FINISHED
            if recorder.live >= concurrency:
                return None
            suggestion = recorder.start()
            return {NUMBER: suggestion.number, VALUES: suggestion.values}

        def on_trial_complete(
            self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
        ) -> None:
            """Nothing: the callback tells the study."""

        def save(self, checkpoint_path: str) -> None:
            """Nothing: the study's journal is the memory."""

        def restore(self, checkpoint_path: str) -> None:
            """Nothing: a fresh tuner opens the journal."""

    return StudySearcher()


def _callback(recorder: Recorder) -> Any:
    from ray.tune import Callback

    class Record(Callback):
        """Passes Tune's trial events on to the recorder."""

        def on_trial_result(
            self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
        ) -> None:
            if KPI in result:
                recorder.epoch(trial.config[NUMBER], result[EPOCH], result[KPI])

        def on_trial_complete(
            self, iteration: int, trials: list[Any], trial: Any, **info: Any
        ) -> None:
            done = bool((trial.last_result or {}).get("done"))
            recorder.end(trial.config[NUMBER], "finished" if done else "stopped")

        def on_trial_error(
            self, iteration: int, trials: list[Any], trial: Any, **info: Any
        ) -> None:
            recorder.end(trial.config[NUMBER], "failed", failure_reason(trial))

    return Record()


def failure_reason(trial: Any) -> str:
    """Return the one line that says why a Tune trial failed."""
    error = trial.get_pickled_error()
    cause = getattr(error, "cause", None) or error
    if cause is None:
        return "unknown: the worker left no error"
    text = " ".join(str(cause).strip().splitlines()[-1:]) or type(cause).__name__
    name = type(cause).__name__
    return text if name == "TrialError" else f"{name}: {text}"


def _stopper(recorder: Recorder, interrupted: threading.Event) -> Any:
    from ray.tune import Stopper

    class EarlyEnd(Stopper):
        """Ends the sweep when it is hopeless or was interrupted."""

        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            return False

        def stop_all(self) -> bool:
            return bool(recorder.hopeless) or interrupted.is_set()

    return EarlyEnd()


@contextlib.contextmanager
def _first_interrupt_sets(event: threading.Event) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM set ``event``; a second one acts as before."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in numbers}

    def on_signal(number: int, frame: Any) -> None:
        event.set()
        for known, handler in before.items():
            signal.signal(known, handler)

    for number in numbers:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
