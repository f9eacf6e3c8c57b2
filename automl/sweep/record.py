"""One place that every trial event passes: ledger, study, listener and the early end of a sweep."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from automl.constants import TRIALS_FOLDER
from automl.search.study import Outcome, Study, Suggestion
from automl.sweep.progress import EpochDone, Listener, TrialEnded, TrialStarted
from automl.trial.checkpoints import drop_checkpoints
from automl.trial.job import trial_id
from automl.trial.ledger import Ledger
from automl.trial.objective import Objective

SAME_FAILURES_LIMIT: Final = 3


@dataclass
class _Live:
    started: float
    best: float | None = None


@dataclass
class Recorder:
    """Records what happens to trials, in the order in which it happens.

    Attributes:
        hopeless: why the sweep should stop early, empty while there is hope.
        budget: how many trials may start, None for no limit.
    """

    study: Study
    ledger: Ledger
    objective: Objective
    listener: Listener
    budget: int | None
    run_dir: Path
    gpus: float = 0.0
    hopeless: str = ""
    started: int = 0
    _live: dict[int, _Live] = field(default_factory=dict)
    _best: tuple[float, int] | None = None
    _failures: list[str] = field(default_factory=list)
    _successes: int = 0

    @property
    def live(self) -> int:
        """How many trials run now."""
        return len(self._live)

    @property
    def spent(self) -> bool:
        """Whether no further trial may start."""
        return bool(self.hopeless) or (self.budget is not None and self.started >= self.budget)

    def start(self) -> Suggestion:
        """Ask for the next trial and record its start."""
        suggestion = self.study.ask()
        self.started += 1
        self._live[suggestion.number] = _Live(time.time())
        self.ledger.start(suggestion.number, suggestion.source, suggestion.values)
        self.listener(TrialStarted(suggestion.number, suggestion.source, suggestion.values))
        return suggestion

    def epoch(self, number: int, epoch: int, kpi: Mapping[str, float]) -> None:
        """Record one finished epoch of a trial."""
        value = kpi.get(self.objective.metric)
        live = self._live.get(number)
        if live is not None and value is not None and self.objective.better(value, live.best):
            live.best = value
        self.ledger.epoch(number, epoch, kpi)
        self.listener(EpochDone(number, epoch, kpi))

    def end(self, number: int, outcome: Outcome, failure: str = "") -> None:
        """Record how a trial ended; told to the sampler with its best value."""
        live = self._live.pop(number, None)
        if live is None:
            return
        seconds = time.time() - live.started
        self.study.tell(number, outcome, live.best)
        self._write_end(number, outcome, failure)
        self.listener(TrialEnded(number, outcome, live.best, failure, seconds))
        self._judge(outcome, failure)
        self._keep_best_checkpoints(number, live.best)

    def interrupt(self) -> None:
        """Record every trial that still runs as interrupted."""
        for number, live in sorted(self._live.items()):
            self._write_end(number, "interrupted", "the run was interrupted")
            seconds = time.time() - live.started
            self.listener(TrialEnded(number, "interrupted", live.best, "", seconds))
        self._live.clear()

    def _write_end(self, number: int, state: str, failure: str) -> None:
        self.ledger.end(number, state, failure, host=socket.gethostname(), gpu_count=self.gpus)

    def _keep_best_checkpoints(self, number: int, value: float | None) -> None:
        """Only the best trial's checkpoints stay; others go as soon as they are beaten."""
        loser: int | None = number
        if value is not None and self.objective.better(value, self._best and self._best[0]):
            loser = self._best[1] if self._best else None
            self._best = (value, number)
        if loser is not None:
            drop_checkpoints(self.run_dir / TRIALS_FOLDER / trial_id(loser))

    def _judge(self, outcome: Outcome, failure: str) -> None:
        if outcome != "failed":
            self._successes += 1
            return
        self._failures.append(failure)
        same = len(set(self._failures)) == 1
        if not self._successes and same and len(self._failures) >= SAME_FAILURES_LIMIT:
            self.hopeless = f"the first {len(self._failures)} trials all failed: {failure}"
