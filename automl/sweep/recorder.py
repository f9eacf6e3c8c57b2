"""The recorder: the one place through which the start, epochs and end of every trial pass.

It writes the ledger, tells the study and the listener, and says when the sweep has to end early.
"""

from __future__ import annotations

import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from automl.constants import TRIALS_FOLDER, TrialState
from automl.search.suggestion import Suggestion
from automl.sweep.notices import EpochDone, Listener, TrialEnded, TrialRetried, TrialStarted
from automl.sweep.proposer import Proposer
from automl.sweep.retention import Retention
from automl.sweep.retries import OomRetries, Retries
from automl.sweep.stop_rules import FailureMonitor, StopRule
from automl.trial.child.files import log_tail
from automl.trial.costs import Costs
from automl.trial.faults import Cause
from automl.trial.files.disk import DiskWatch
from automl.trial.history import TrialHistory
from automl.trial.job import trial_id
from automl.trial.ledger.writer import Ledger
from automl.trial.metric_watch import RecordedTrial
from automl.trial.objective import Objective
from automl.trial.run import Lineage

MAX_UNFIT: Final = 100


@dataclass(frozen=True)
class TrialStart:
    """A trial that is to start, or to start again.

    Attributes:
        number: its number in the run.
        ticket: the study's own number of it.
        source: who chose its parameters, a :class:`automl.constants.TrialSource`.
        values: the parameters, dotted name -> value.
        reached: epoch -> metric of what it ran before it was cut short.
        changed: spec key -> value that overrides the parameters, such as more gradient accumulation
            after it ran out of memory.
        parent: the trial from whose checkpoint it goes on.
        until: the epoch at which it ends, with population based training.
        history: what the ledger holds of it so far.
    """

    number: int
    ticket: int
    source: str
    values: Mapping[str, Any]
    reached: Mapping[int, float] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    parent: int | None = None
    until: int | None = None
    history: TrialHistory | None = field(default=None, compare=False, repr=False)

    @property
    def lineage(self) -> Lineage:
        """From which trial it goes on, and at which epoch it ends; asked for once it has begun."""
        recorded = self.history.recorded if self.history else RecordedTrial(starts=1)
        recorded = replace(recorded, starts=recorded.starts - 1)  # the one that has begun is none
        return Lineage(self.parent, self.until, max(self.reached, default=0), recorded)


@dataclass
class _RunningTrial:
    start: TrialStart
    objective: Objective
    history: TrialHistory  # as the ledger has it, so that nobody reads the ledger again
    ready: float | None = None  # when its worker was, until the first epoch

    @property
    def best(self) -> float | None:
        """The best metric of all epochs, those of earlier sessions included."""
        return self.history.best_value(self.objective)

    @property
    def ran_s(self) -> float | None:
        """How long it has run before its first epoch; None where that is not known."""
        return None if self.ready is None else time.monotonic() - self.ready


@dataclass
class Recorder:
    """Records what happens to trials, in the order in which it happens.

    It writes the ledger before it tells the study. If the driver dies between the two,
    :func:`automl.sweep.restore.restore` tells the study when the run is resumed.

    Attributes:
        retention: whose checkpoints stay.
        retries: which failed trials run again.
        costs: what is known of the memory that trials need; those that cannot fit never start.
        oom_retries: which trials that ran out of memory run again, with more gradient accumulation.
        further: what is optimised beside the objective; sampler and retention are told of it.
        stop_rule: says when the goal is reached, or trials no longer improve.
        budget: how many trials may start, None for no limit.
        restarts: trials that failed, or were cut short in an earlier session, and start again;
            they come before new ones.
        started: how many trials were started, those of earlier sessions included.
        next_number: the number of the next new trial, above every one that was ever used.
        best: value and number of the best trial so far.
        abort_reason: why the sweep has to stop early, empty while it goes on.
        fetch: copies the files of an ended trial into the run's folder, if it ran elsewhere.
        hosts: number of each running trial -> its machine, once it reported.
        disk: says when the disk has no room for another trial's checkpoints; None for no check.
        exhausted: whether the study had no further suggestion that may fit into memory.
    """

    study: Proposer
    ledger: Ledger
    objective: Objective
    listener: Listener
    budget: int | None
    run_dir: Path
    retention: Retention
    stop_rule: StopRule
    retries: Retries = field(default_factory=Retries)
    costs: Costs = Costs()
    oom_retries: OomRetries = field(default_factory=OomRetries)
    further: Sequence[Objective] = ()
    gpus: float = 0.0
    restarts: deque[TrialStart] = field(default_factory=deque)
    started: int = 0
    next_number: int = 0
    best: tuple[float, int] | None = None
    abort_reason: str = ""
    exhausted: bool = False
    _live: dict[int, _RunningTrial] = field(default_factory=dict)
    failure_monitor: FailureMonitor = field(default_factory=FailureMonitor)
    hosts: dict[int, str] = field(default_factory=dict)
    fetch: Callable[[int], None] | None = None
    disk: DiskWatch | None = None

    @property
    def live(self) -> int:
        """How many trials run now."""
        return len(self._live)

    @property
    def waits(self) -> bool:
        """Whether the next trial depends on some that still run."""
        return not self.restarts and self.study.waits

    @property
    def spent(self) -> bool:
        """Whether no further trial may start."""
        done = self.budget is not None and self.started >= self.budget
        enough = bool(self.stop_rule.reason) or self.exhausted or done
        return bool(self.abort_reason) or (enough and not self.restarts)

    def start(self) -> TrialStart | None:
        """Record and return the next trial; None, and ``exhausted``, where the study has none."""
        start = self.restarts.popleft() if self.restarts else self._new_start()
        if start is None:
            self.exhausted = True
            return None
        event = self.ledger.start(
            start.number,
            start.source,
            start.values,
            start.ticket,
            changed=start.changed if start.until is None else None,
            parent=start.parent,
            until=start.until,
        )
        history = start.history or TrialHistory(event)
        history.begin(event)
        self._live[start.number] = _RunningTrial(start, self.objective, history)
        self.listener(TrialStarted(start.number, start.source, start.values))
        return start

    def _new_start(self) -> TrialStart | None:
        suggestion = self._ask()
        if suggestion is None:
            return None
        number = self.next_number
        self.next_number, self.started = number + 1, self.started + 1
        self.oom_retries.note_start(number, suggestion.changed)
        return TrialStart(
            number,
            suggestion.ticket,
            suggestion.source,
            suggestion.values,
            parent=suggestion.parent,
            until=suggestion.until,
            changed=suggestion.changed,
        )

    def _ask(self) -> Suggestion | None:
        """Ask the study for a suggestion that may fit into memory; tell it of those that cannot.

        None where it has no further one, or :data:`MAX_UNFIT` in a row cannot fit.
        """
        for _ in range(MAX_UNFIT):
            suggestion = self.study.ask()
            why = self.costs.unfit(suggestion.values) if suggestion is not None else ""
            if suggestion is None or not why:
                return suggestion
            self.ledger.unfit(suggestion.ticket, suggestion.values, why)
            self.study.reject(suggestion.ticket)
        return None

    def ready(self, number: int) -> None:
        """Note that a trial's worker is ready to train: what came before is none of its time."""
        if number in self._live:
            self._live[number].ready = time.monotonic()

    def epoch(
        self, number: int, epoch: int, kpi: Mapping[str, float], ran_s: float | None = None
    ) -> None:
        """Record a finished epoch of a trial; ``ran_s`` is that of the ledger's event."""
        value = kpi.get(self.objective.metric)
        live = self._live.get(number)
        event = self.ledger.epoch(number, epoch, kpi, ran_s)
        if live is not None:
            live.ready = None
            live.history.add_epoch(event)
        self.stop_rule.epoch(number, kpi)
        if live is not None and value is not None:
            self.study.report(live.start.ticket, epoch, value)
        self.listener(EpochDone(number, epoch, kpi))

    def end(self, number: int, outcome: TrialState, cause: Cause | None = None) -> None:
        """Record how a trial ended, and tell the study its best value; or let it run again.

        Args:
            number: the trial.
            outcome: how it ended.
            cause: why it failed.
        """
        live = self._live.pop(number, None)
        if live is None:
            return
        if self.fetch is not None:
            self.fetch(number)
        cause = self.oom_retries.root_cause(number, cause)
        retry = self._retry(live, cause) if cause is not None else None
        if retry is not None and cause is not None:
            self._write_end(live, TrialState.RETRIED, cause, retry.changed)
            self.restarts.append(retry)
            how = "".join(f" ({name} {value})" for name, value in retry.changed.items())
            self.listener(TrialRetried(number, f"{cause.reason}{how}", cause.fault))
            return
        self._write_end(live, outcome, cause)
        self.stop_rule.ended(number, outcome)
        reason, fault = (cause.reason, cause.fault) if cause else ("", "")
        further = [live.history.reached(each.metric, self.objective) for each in self.further]
        se = live.history.error(self.objective)
        self.study.tell(live.start.ticket, outcome, live.best, further=further, fault=fault, se=se)
        seconds = live.history.seconds
        self.listener(TrialEnded(number, outcome, live.best, reason, seconds, fault))
        self._judge(number, cause if outcome == TrialState.FAILED else None)
        if self.disk is not None:
            self.disk.ended(self.run_dir / TRIALS_FOLDER / trial_id(number))
        self._keep_best(number, live.best if outcome != TrialState.FAILED else None, further)

    def _retry(self, live: _RunningTrial, cause: Cause) -> TrialStart | None:
        """Return how a failed trial starts again, None where it does not."""
        reached = live.history.values(self.objective)
        restart = replace(live.start, reached=reached, history=live.history)
        if self.retries.use(restart.number, cause.fault):
            return restart
        changed = self.oom_retries.use(restart.number, cause)
        return replace(restart, changed={**restart.changed, **changed}) if changed else None

    def out_of_time(self) -> None:
        """Record every trial that still runs as stopped: the time budget ended it."""
        for number in sorted(self._live):
            self.end(number, TrialState.STOPPED, Cause("the time budget ended", ""))

    def interrupt(self) -> None:
        """Record every trial that still runs as interrupted."""
        for number, live in sorted(self._live.items()):
            self._write_end(live, TrialState.INTERRUPTED, Cause("the run was interrupted", ""))
            seconds = live.history.seconds
            self.listener(TrialEnded(number, TrialState.INTERRUPTED, live.best, "", seconds))
        self._live.clear()

    def _write_end(
        self,
        live: _RunningTrial,
        state: TrialState,
        cause: Cause | None,
        changed: Mapping[str, Any] | None = None,
    ) -> None:
        number = live.start.number
        reason, fault = (cause.reason, cause.fault) if cause else ("", "")
        host = self.hosts.pop(number, "") or socket.gethostname()
        event = self.ledger.end(
            number, state, reason,
            fault=fault, host=host, gpu_count=self.gpus, changed=changed, ran_s=live.ran_s,
        )  # fmt: skip
        live.history.finish(event)

    def _keep_best(self, number: int, value: float | None, further: Sequence[float | None]) -> None:
        if value is not None and self.objective.better(value, self.best and self.best[0]):
            self.best = (value, number)
        self.retention.hold(self.study.needed)
        self.retention.ended(number, value, further)
        if self.disk is not None and not self.abort_reason:
            self.abort_reason = self.disk.shortage()

    def _judge(self, number: int, cause: Cause | None) -> None:
        why = self.failure_monitor.judge(cause)
        if why and not self.abort_reason:
            tail = log_tail(self.run_dir / TRIALS_FOLDER / trial_id(number))
            self.abort_reason = f"{why}\n{tail}".strip()
