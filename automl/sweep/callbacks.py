"""Which running trials broke a limit, told by the driver's own clock (it never jumps).

What Tune calls while a sweep runs: searcher and callback, before a recorder.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ray
from ray.tune import Callback
from ray.tune.search import Searcher

from automl.constants import Fault, TrialState
from automl.sweep.messages import EPOCH, FAILURE, FAULT, KPI, LINEAGE, NUMBER, READY, VALUES, WORN
from automl.sweep.recorder import Recorder
from automl.sweep.workers.actor import RAN
from automl.trial.faults import Cause, cause_of_death, oom_kills
from automl.trial.timeouts import Limits


@dataclass
class TimeoutWatch:
    """When each running trial began and last reported; times are those of ``time.monotonic``."""

    limits: Limits
    _begun: dict[int, float] = field(default_factory=dict)
    _heard: dict[int, float] = field(default_factory=dict)

    def begun(self, number: int, now: float) -> None:
        """Trial ``number`` runs from now on."""
        self._begun[number] = self._heard[number] = now

    def heard(self, number: int, now: float) -> None:
        """Trial ``number`` reported something."""
        self._heard[number] = now

    def ended(self, number: int) -> None:
        """Trial ``number`` runs no more."""
        self._begun.pop(number, None)
        self._heard.pop(number, None)

    def overdue(self, now: float) -> dict[int, str]:
        """Return the running trials that broke a limit, number -> which, in words."""
        found = {
            number: self.limits.broken(now - begun, now - self._heard[number])
            for number, begun in self._begun.items()
        }
        return {number: words for number, words in found.items() if words}


class NotPickled:
    """Tune pickles its hooks for a restore of its own; ours are made afresh from the ledger."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return object, ()


class StudySearcher(NotPickled, Searcher):  # type: ignore[misc]
    """Suggests what the recorder's study proposes, while budget and room last."""

    def __init__(
        self, recorder: Recorder, limit: Callable[[], int], interrupted: threading.Event
    ) -> None:
        """``limit`` says how many trials may run side by side now."""
        super().__init__()
        self._recorder = recorder
        self._limit = limit
        self._interrupted = interrupted

    def suggest(self, trial_id: str) -> Any:
        """Return the next trial's config, None while there is no room, FINISHED at the end.

        Tune asks no more after FINISHED, so it waits for the last trials: they may run again.
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
        values = {**start.values, **start.changed}
        return {NUMBER: start.number, VALUES: values, LINEAGE: start.lineage}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: the callback tells the study."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's journal is the memory."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a fresh tuner opens the journal."""


class RecordingCallback(NotPickled, Callback):  # type: ignore[misc]
    """Passes Tune's trial events on to the recorder, and ends trials that take too long."""

    def __init__(
        self,
        recorder: Recorder,
        watch: TimeoutWatch,
        halted: Collection[int] = frozenset(),
        start_s: float = 0.0,
    ) -> None:
        """``halted``: the numbers of trials that a scheduler stops, filled while the sweep runs.

        ``start_s``: what a trial may need to get ready, which does not count as its time.
        """
        self._start_s = start_s
        self._recorder = recorder
        self._watch = watch
        self._halted = halted
        self._causes: dict[int, Cause] = {}
        self._worn: set[int] = set()
        self._memory_kills = oom_kills()

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A worker begins with a trial."""
        self._watch.begun(trial.config[NUMBER], time.monotonic() + self._start_s)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """An epoch was reported, or why the trial is about to fail."""
        number = trial.config[NUMBER]
        self._watch.heard(number, time.monotonic())
        self._recorder.hosts[number] = str(result.get("hostname", ""))
        if READY in result:
            self._watch.begun(number, time.monotonic())
        elif FAILURE in result:
            self._causes[number] = Cause(result[FAILURE], result[FAULT])
        elif WORN in result:
            self._worn.add(number)
        elif KPI in result:
            self._recorder.epoch(number, result[EPOCH], result[KPI], result.get(RAN))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial returned, or was stopped."""
        halted = trial.config[NUMBER] in self._halted  # Tune calls it done as well
        done = bool((trial.last_result or {}).get("done")) and not halted
        self._watch.ended(trial.config[NUMBER])
        _drop_averages(trial)
        state = TrialState.FINISHED if done else TrialState.STOPPED
        self._recorder.end(trial.config[NUMBER], state)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial raised, or its worker died; a worn worker only leaves after its trial."""
        number = trial.config[NUMBER]
        self._watch.ended(number)
        _drop_averages(trial)
        if number in self._worn:
            self._worn.discard(number)
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
        overdue = self._watch.overdue(time.monotonic())
        for trial in trials if overdue else ():
            number = trial.config[NUMBER]
            actor = trial.temporary_state.ray_actor
            if trial.status == "RUNNING" and actor is not None and number in overdue:
                self._watch.ended(number)
                self._causes[number] = Cause(overdue[number], Fault.TIMEOUT)
                ray.kill(actor)


def _drop_averages(trial: Any) -> None:
    """Drop the running averages that Tune keeps of each ended trial, of which nobody asks.

    They are 20 of the 33 KB by which a driver grew with each trial.
    """
    for kept in (trial.run_metadata.metric_analysis, trial.run_metadata.metric_n_steps):
        kept.clear()


def _error_text(path: str | None) -> str:
    """What Tune keeps of an error, for a worker that said nothing itself."""
    file = Path(path) if path else None
    return file.read_text(errors="replace") if file and file.exists() else ""
