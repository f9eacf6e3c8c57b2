"""What Tune calls while a sweep runs: searcher, callback and stopper, before a recorder."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, Final

from ray.tune import Callback, Stopper
from ray.tune.search import Searcher

from automl.sweep.record import Recorder

NUMBER: Final = "number"
VALUES: Final = "values"
KPI: Final = "kpi"
EPOCH: Final = "epoch"
FAILURE: Final = "failure"


class _NotKept:
    """Tune pickles its hooks for a restore of its own; ours are made afresh from the ledger."""

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return object, ()


class StudySearcher(_NotKept, Searcher):  # type: ignore[misc]
    """Suggests what the recorder's study proposes, while budget and room last."""

    def __init__(self, recorder: Recorder, concurrency: int, interrupted: threading.Event) -> None:
        super().__init__()
        self._recorder = recorder
        self._concurrency = concurrency
        self._interrupted = interrupted

    def suggest(self, trial_id: str) -> Any:
        """Return the next trial's config, None while there is no room, FINISHED at the end."""
        if self._recorder.spent or self._interrupted.is_set():
            return Searcher.FINISHED
        if self._recorder.live >= self._concurrency:
            return None
        start = self._recorder.start()
        if start is None:
            return Searcher.FINISHED
        return {NUMBER: start.number, VALUES: dict(start.values)}

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: the callback tells the study."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the study's journal is the memory."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a fresh tuner opens the journal."""


class Record(_NotKept, Callback):  # type: ignore[misc]
    """Passes Tune's trial events on to the recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._failures: dict[int, str] = {}

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """An epoch was reported, or why the trial is about to fail."""
        if FAILURE in result:
            self._failures[trial.config[NUMBER]] = result[FAILURE]
        elif KPI in result:
            self._recorder.epoch(trial.config[NUMBER], result[EPOCH], result[KPI])

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial returned, or was stopped."""
        done = bool((trial.last_result or {}).get("done"))
        self._recorder.end(trial.config[NUMBER], "finished" if done else "stopped")

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial raised, or its worker died."""
        number = trial.config[NUMBER]
        reason = self._failures.pop(number, None) or last_line(trial.error_file)
        self._recorder.end(number, "failed", reason)


class EarlyEnd(_NotKept, Stopper):  # type: ignore[misc]
    """Ends the sweep when it is hopeless or was interrupted."""

    def __init__(self, recorder: Recorder, interrupted: threading.Event) -> None:
        self._recorder = recorder
        self._interrupted = interrupted

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """No single trial is stopped here."""
        return False

    def stop_all(self) -> bool:
        """Whether the whole sweep ends now."""
        return bool(self._recorder.hopeless) or self._interrupted.is_set()


def last_line(path: str | None) -> str:
    """Return the last line of the error text that Tune keeps of a worker that said nothing."""
    file = Path(path) if path else None
    lines = file.read_text(errors="replace").split("\n") if file and file.exists() else []
    told = [line.strip() for line in lines if line.strip()]
    return told[-1] if told else "the worker died without a word"
