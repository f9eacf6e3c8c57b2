"""One place that every trial event passes: ledger, study, listener and the early end of a sweep."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from automl.constants import TRIALS_FOLDER, Fault, TrialState
from automl.search.study import Suggestion
from automl.sweep.events import EpochDone, Listener, TrialEnded, TrialRetried, TrialStarted
from automl.sweep.proposer import Proposer
from automl.sweep.retention import Retention
from automl.sweep.retries import OomRetries, Retries
from automl.sweep.stop_rules import FailureMonitor, StopRule
from automl.trial.child.files import log_tail
from automl.trial.costs import Costs
from automl.trial.faults import Cause
from automl.trial.files.disk import DiskWatch
from automl.trial.history import TrialHistory
from automl.trial.interval import Lineage
from automl.trial.job import trial_id
from automl.trial.ledger import Ledger
from automl.trial.objective import Objective

MAX_UNFIT: Final = 100


@dataclass(frozen=True)
class Start:
    """A trial that is to run: its number in the run, the study's ticket, its parameters.

    ``reached``: epoch -> metric of a trial that was cut short and may go on from there;
    ``changed``: spec keys that this go needs otherwise than the configuration says; ``parent``: the
    trial whose checkpoint it goes on from; ``until``: the epoch at which it hands over;
    ``history``: what the ledger holds of its earlier goes.
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
        """Where the trial begins and ends."""
        return Lineage(self.parent, self.until, max(self.reached, default=0))

    @property
    def facts(self) -> dict[str, Any]:
        """What the ledger keeps of a trial of a population, and of one that needs a change."""
        changed = {"changed": dict(self.changed)} if self.changed else {}
        return changed if self.until is None else {"parent": self.parent, "until": self.until}


@dataclass
class _Live:
    start: Start
    reached: dict[int, float]
    objective: Objective
    history: TrialHistory  # as the ledger has it, so that nobody reads the ledger again

    def epoch(self, epoch: int, value: float) -> None:
        """Keep one epoch's metric, in place of those that it runs again."""
        self.reached = {known: kept for known, kept in self.reached.items() if known < epoch}
        self.reached[epoch] = value

    @property
    def best(self) -> float | None:
        """The best metric of all epochs, those of earlier sessions included."""
        return self.objective.best(self.reached.values())


@dataclass
class Recorder:
    """Records what happens to trials, in the order in which it happens.

    The ledger is written first, then the study told: what the ledger holds is true, and a death
    between the two is mended when the run is taken up again.

    Attributes:
        retention: whose checkpoints stay.
        retries: which failed trials run again.
        costs: what is known of the memory that trials need; those that cannot fit never start.
        oom_retries: which trials that ran out of memory run again, in parts.
        further: what is optimised beside the objective; told to the sampler alone.
        stop_rule: the watch over goal and improvement.
        budget: how many trials may start, None for no limit.
        restarts: trials that a dead driver left unfinished; they run first.
        started: how many trials were started, those of earlier sessions included.
        number_offset: trials of the run that another recorder stands for; their numbers are taken.
        best: value and number of the best trial so far.
        abort_reason: why the sweep should stop early, empty while there is hope.
        fetch: brings the files of an ended trial here, where it ran out of this machine's sight.
        hosts: the machine of each running trial that reported, this one's name where unknown.
        disk: the watch over room for checkpoints, None for none.
        exhausted: whether every configuration was tried.
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
    restarts: deque[Start] = field(default_factory=deque)
    started: int = 0
    number_offset: int = 0
    best: tuple[float, int] | None = None
    abort_reason: str = ""
    exhausted: bool = False
    _live: dict[int, _Live] = field(default_factory=dict)
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
        if self.abort_reason or self.stop_rule.reason:
            return True
        done = self.budget is not None and self.started >= self.budget
        return not self.restarts and (self.exhausted or done)

    def start(self) -> Start | None:
        """Record and return the next trial, None where every configuration was tried."""
        start = self.restarts.popleft() if self.restarts else self._fresh()
        if start is None:
            self.exhausted = True
            return None
        event = self.ledger.start(
            start.number, start.source, start.values, start.ticket, **start.facts
        )
        history = start.history or TrialHistory(event)
        history.begin(event)
        self._live[start.number] = _Live(start, dict(start.reached), self.objective, history)
        self.listener(TrialStarted(start.number, start.source, start.values))
        return start

    def _fresh(self) -> Start | None:
        suggestion = self._fitting()
        if suggestion is None:
            return None
        number = self.started + self.number_offset
        self.started += 1
        self.oom_retries.begin(number, suggestion.changed)
        return Start(
            number,
            suggestion.ticket,
            suggestion.source,
            suggestion.values,
            parent=suggestion.parent,
            until=suggestion.until,
            changed=suggestion.changed,
        )

    def _fitting(self) -> Suggestion | None:
        """The next suggestion that may fit; the sampler is told of those that cannot."""
        for _ in range(MAX_UNFIT):
            suggestion = self.study.ask()
            why = self.costs.unfit(suggestion.values) if suggestion is not None else ""
            if suggestion is None or not why:
                return suggestion
            self.ledger.unfit(suggestion.ticket, suggestion.values, why)
            self.study.tell(suggestion.ticket, TrialState.FAILED, None, violated=True)
        return None

    def epoch(
        self, number: int, epoch: int, kpi: Mapping[str, float], ran_s: float | None = None
    ) -> None:
        """Record one finished epoch of a trial; ``ran_s`` as :meth:`Ledger.epoch` has it."""
        value = kpi.get(self.objective.metric)
        live = self._live.get(number)
        if live is not None and value is not None:
            live.epoch(epoch, value)
        event = self.ledger.epoch(number, epoch, kpi, ran_s)
        if live is not None:
            live.history.add_epoch(event)
        self.stop_rule.epoch(number, kpi)
        if live is not None and value is not None:
            self.study.report(live.start.ticket, epoch, value)
        self.listener(EpochDone(number, epoch, kpi))

    def end(self, number: int, outcome: TrialState, cause: Cause | None = None) -> None:
        """Record how a trial ended; told to the sampler with its best value.

        Args:
            number: the trial.
            outcome: how it ended.
            cause: why it failed; a fault that passes lets it run again while retries are left.
        """
        live = self._live.pop(number, None)
        if live is None:
            return
        if self.fetch is not None:
            self.fetch(number)
        cause = self.oom_retries.explained(number, cause)
        go = self._another_go(live, cause) if cause is not None else None
        if go is not None and cause is not None:
            self._write_end(live, TrialState.RETRIED, cause, go.changed)
            self.restarts.append(go)
            how = "".join(f" ({name} {value})" for name, value in go.changed.items())
            self.listener(TrialRetried(number, f"{cause.reason}{how}", cause.fault))
            return
        self._write_end(live, outcome, cause)
        self.stop_rule.ended(number, outcome)
        violated = cause is not None and cause.fault == Fault.OUT_OF_MEMORY
        also = [live.history.reached(each.metric, self.objective) for each in self.further]
        self.study.tell(live.start.ticket, outcome, live.best, further=also, violated=violated)
        reason, fault = (cause.reason, cause.fault) if cause else ("", "")
        seconds = live.history.seconds
        self.listener(TrialEnded(number, outcome, live.best, reason, seconds, fault))
        self._judge(number, cause if outcome == TrialState.FAILED else None)
        if self.disk is not None:
            self.disk.ended(self.run_dir / TRIALS_FOLDER / trial_id(number))
        self._keep_best(number, live.best if outcome != TrialState.FAILED else None)

    def _another_go(self, live: _Live, cause: Cause) -> Start | None:
        """How a failed trial runs again, None where it does not."""
        restart = replace(live.start, reached=live.reached, history=live.history)
        if self.retries.grant(restart.number, cause.fault):
            return restart
        changed = self.oom_retries.grant(restart.number, cause)
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
        live: _Live,
        state: TrialState,
        cause: Cause | None,
        changed: Mapping[str, Any] | None = None,
    ) -> None:
        number = live.start.number
        reason, fault = (cause.reason, cause.fault) if cause else ("", "")
        host = self.hosts.pop(number, "") or socket.gethostname()
        facts: dict[str, Any] = {"host": host, "gpu_count": self.gpus}
        if changed:
            facts["changed"] = dict(changed)
        live.history.finish(self.ledger.end(number, state, reason, fault=fault, **facts))

    def _keep_best(self, number: int, value: float | None) -> None:
        if value is not None and self.objective.better(value, self.best and self.best[0]):
            self.best = (value, number)
        self.retention.hold(self.study.needed)
        self.retention.ended(number, value)
        if self.disk is not None and not self.abort_reason:
            self.abort_reason = self.disk.short()

    def _judge(self, number: int, cause: Cause | None) -> None:
        why = self.failure_monitor.judge(cause)
        if why and not self.abort_reason:
            tail = log_tail(self.run_dir / TRIALS_FOLDER / trial_id(number))
            self.abort_reason = f"{why}\n{tail}".strip()
