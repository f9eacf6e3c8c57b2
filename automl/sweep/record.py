"""One place that every trial event passes: ledger, study, listener and the early end of a sweep."""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from automl.constants import TRIALS_FOLDER
from automl.search.study import Outcome, Study
from automl.sweep.progress import EpochDone, Listener, TrialEnded, TrialStarted
from automl.trial.checkpoints import drop_checkpoints
from automl.trial.job import trial_id
from automl.trial.ledger import Ledger
from automl.trial.objective import Objective

SAME_FAILURES_LIMIT: Final = 3


@dataclass(frozen=True)
class Start:
    """A trial that is to run: its number in the run, the study's ticket, its parameters."""

    number: int
    ticket: int
    source: str
    values: Mapping[str, Any]


@dataclass
class _Live:
    start: Start
    since: float
    best: float | None = None


@dataclass
class Recorder:
    """Records what happens to trials, in the order in which it happens.

    The ledger is written first, then the study told: what the ledger holds is true, and a death
    between the two is mended when the run is taken up again.

    Attributes:
        budget: how many trials may start, None for no limit.
        again: trials that a dead driver left unfinished; they run first.
        started: how many trials were started, those of earlier sessions included.
        best: value and number of the best trial so far.
        hopeless: why the sweep should stop early, empty while there is hope.
        exhausted: whether every configuration was tried.
    """

    study: Study
    ledger: Ledger
    objective: Objective
    listener: Listener
    budget: int | None
    run_dir: Path
    gpus: float = 0.0
    again: deque[Start] = field(default_factory=deque)
    started: int = 0
    best: tuple[float, int] | None = None
    hopeless: str = ""
    exhausted: bool = False
    _live: dict[int, _Live] = field(default_factory=dict)
    _failures: list[str] = field(default_factory=list)
    _successes: int = 0

    @property
    def live(self) -> int:
        """How many trials run now."""
        return len(self._live)

    @property
    def spent(self) -> bool:
        """Whether no further trial may start."""
        if self.hopeless or self.exhausted:
            return True
        return not self.again and self.budget is not None and self.started >= self.budget

    def start(self) -> Start | None:
        """Record and return the next trial, None where every configuration was tried."""
        start = self.again.popleft() if self.again else self._fresh()
        if start is None:
            self.exhausted = True
            return None
        self._live[start.number] = _Live(start, time.time())
        self.ledger.start(start.number, start.source, start.values, start.ticket)
        self.listener(TrialStarted(start.number, start.source, start.values))
        return start

    def _fresh(self) -> Start | None:
        suggestion = self.study.ask()
        if suggestion is None:
            return None
        number = self.started
        self.started += 1
        return Start(number, suggestion.ticket, suggestion.source, suggestion.values)

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
        self._write_end(number, outcome, failure)
        self.study.tell(live.start.ticket, outcome, live.best)
        seconds = time.time() - live.since
        self.listener(TrialEnded(number, outcome, live.best, failure, seconds))
        self._judge(outcome, failure)
        self._keep_best_checkpoints(number, live.best if outcome != "failed" else None)

    def interrupt(self) -> None:
        """Record every trial that still runs as interrupted."""
        for number, live in sorted(self._live.items()):
            self._write_end(number, "interrupted", "the run was interrupted")
            seconds = time.time() - live.since
            self.listener(TrialEnded(number, "interrupted", live.best, "", seconds))
        self._live.clear()

    def _write_end(self, number: int, state: str, failure: str) -> None:
        self.ledger.end(number, state, failure, host=socket.gethostname(), gpu_count=self.gpus)

    def _keep_best_checkpoints(self, number: int, value: float | None) -> None:
        """Only the best trial's checkpoints stay; others go as soon as they are beaten."""
        loser: int | None = number
        if value is not None and self.objective.better(value, self.best and self.best[0]):
            loser = self.best[1] if self.best else None
            self.best = (value, number)
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
