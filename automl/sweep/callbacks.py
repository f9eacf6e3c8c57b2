"""What Tune calls while a sweep runs: the searcher and the callback in front of the recorder."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import ray
from ray.tune import Callback
from ray.tune.search import Searcher

from automl.constants import Fault, TrialState
from automl.sweep.notices import MetricAmbiguous
from automl.sweep.recorder import Recorder
from automl.sweep.workers.actor import (
    EPOCH,
    FAILURE,
    FAULT,
    KPI,
    LEAKED,
    LINEAGE,
    NUMBER,
    RAN,
    READY,
    UNREAD,
    VALUES,
)
from automl.trial.faults import Cause, cause_of_death, oom_kills
from automl.trial.timeouts import TimeoutWatch


class NotPickled:
    """Keeps Tune from pickling a hook; a resumed sweep makes its hooks anew from the ledger."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return object, ()


class StudySearcher(NotPickled, Searcher):  # type: ignore[misc]
    """Hands Tune the next trial of the recorder, while the budget and the resources last."""

    def __init__(
        self,
        recorder: Recorder,
        limit: Callable[[], int],
        interrupted: threading.Event,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the searcher of one sweep.

        Args:
            recorder: says which trial comes next.
            limit: returns how many trials may run side by side now.
            interrupted: is set where the sweep is to end.
            check: raises where Ray has died: Tune asks it for each trial, and would wait for it.
        """
        super().__init__()
        self._recorder = recorder
        self._limit = limit
        self._interrupted = interrupted
        self._check = check

    def suggest(self, trial_id: str) -> Any:
        """Return the next trial's config, None to be asked again later, FINISHED at the end.

        Tune never asks again after FINISHED. A running trial may still fail and start again, so
        FINISHED is returned only when none runs.
        """
        if self._interrupted.is_set():
            return Searcher.FINISHED
        if self._recorder.spent:
            return None if self._recorder.live else Searcher.FINISHED
        if self._recorder.live >= self._limit() or self._recorder.waits:
            return None
        start = self._recorder.start()
        if start is None:
            return None if self._recorder.live else Searcher.FINISHED
        self._check()
        values = {**start.values, **start.changed}
        return {NUMBER: start.number, VALUES: values, LINEAGE: start.lineage}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Do nothing: the callback hears of it as well."""

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: the study has a journal."""

    def restore(self, checkpoint_path: str) -> None:
        """Do nothing: the study has a journal."""


class RecordingCallback(NotPickled, Callback):  # type: ignore[misc]
    """Tells the recorder what happens to Tune's trials, and ends trials that take too long."""

    def __init__(
        self,
        recorder: Recorder,
        timeouts: TimeoutWatch,
        stopped: Collection[int] = frozenset(),
        start_s: float = 0.0,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Make the callback of one sweep.

        Args:
            recorder: is told what happens to trials.
            timeouts: says which trials take too long.
            stopped: the numbers of the trials that a scheduler stopped, filled while it runs.
            start_s: seconds that a trial may need to get ready, beside its time limits.
            check: raises where Ray itself has died: no trial is to blame then.
        """
        self._start_s = start_s
        self._check = check
        self._recorder = recorder
        self._timeouts = timeouts
        self._stopped = stopped
        self._causes: dict[int, Cause] = {}
        self._leaked: set[int] = set()
        self._unread_told = False
        self._memory_kills = oom_kills()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial starts on a worker."""
        self._timeouts.started(trial.config[NUMBER], time.monotonic() + self._start_s)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """The actor reported something."""
        number = trial.config[NUMBER]
        self._timeouts.reported(number, time.monotonic())
        self._recorder.hosts[number] = str(result.get("hostname", ""))
        if READY in result:
            self._timeouts.started(number, time.monotonic())
            self._recorder.ready(number)
        elif FAILURE in result:
            self._causes[number] = Cause(result[FAILURE], result[FAULT])
        elif LEAKED in result:
            self._leaked.add(number)
        elif UNREAD in result:
            self._tell_unread(MetricAmbiguous(number, result[UNREAD]))
        elif KPI in result:
            self._recorder.epoch(number, result[EPOCH], result[KPI], result.get(RAN))

    def _tell_unread(self, unread: MetricAmbiguous) -> None:
        if not self._unread_told:
            self._unread_told = True
            self._recorder.listener(unread)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial returned, or was stopped."""
        stopped = trial.config[NUMBER] in self._stopped  # Tune calls it done as well
        done = bool((trial.last_result or {}).get("done")) and not stopped
        self._timeouts.ended(trial.config[NUMBER])
        _drop_averages(trial)
        state = TrialState.FINISHED if done else TrialState.STOPPED
        self._recorder.end(trial.config[NUMBER], state)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial raised, or its worker died or must be replaced, which also ends in an error."""
        self._check()
        number = trial.config[NUMBER]
        self._timeouts.ended(number)
        _drop_averages(trial)
        if number in self._leaked:
            self._leaked.discard(number)
            self._recorder.end(number, TrialState.FINISHED)
            return
        cause = self._causes.pop(number, None)
        cause = cause or self._cause_of_death(trial.error_file)
        self._recorder.end(number, TrialState.FAILED, cause)

    def _cause_of_death(self, path: str | None) -> Cause:
        before, self._memory_kills = self._memory_kills, oom_kills()
        ran_out = self._memory_kills > before
        return cause_of_death(_error_text(path), host_memory_ran_out=ran_out)

    def on_step_end(self, iteration: int, trials: list[Any], **info: Any) -> None:
        """Kill the workers of trials that broke a limit; Tune then reports their error."""
        self._check()
        overdue = self._timeouts.overdue(time.monotonic())
        for trial in trials if overdue else ():
            number = trial.config[NUMBER]
            actor = trial.temporary_state.ray_actor
            if trial.status == "RUNNING" and actor is not None and number in overdue:
                self._timeouts.ended(number)
                self._causes[number] = Cause(overdue[number], Fault.TIMEOUT)
                ray.kill(actor)


def _drop_averages(trial: Any) -> None:
    """Drop the running averages that Tune keeps of each ended trial: nobody reads them.

    They take 20 of the 33 KB that a driver keeps of each trial.
    """
    for kept in (trial.run_metadata.metric_analysis, trial.run_metadata.metric_n_steps):
        kept.clear()


def _error_text(path: str | None) -> str:
    """Return the error text that Tune saved, for a worker that reported no cause."""
    file = Path(path) if path else None
    return file.read_text(errors="replace") if file and file.exists() else ""
