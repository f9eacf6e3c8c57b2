"""The history of one trial, built from its events in the ledger."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.constants import SE_SUFFIX, TrialState
from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.ledger.gc_pause import gc_paused
from automl.trial.metric_watch import RecordedTrial
from automl.trial.objective import TRAIN_TIME, Objective

# A trial in one of these states never runs again.
OVER: Final = frozenset({TrialState.FINISHED, TrialState.STOPPED, TrialState.FAILED})


@dataclass(slots=True)
class TrialEpoch:
    """A finished epoch, its metrics, and how many seconds the trial had run by then."""

    epoch: int
    kpi: Mapping[str, float]
    seconds: float


@dataclass
class TrialHistory:
    """One trial's events; a trial that started again keeps its first start.

    Attributes:
        start: the first start event.
        end: the last end event, None while the trial runs.
        end_states: the states of all end events, oldest first; a retried trial has several.
        epochs: in the order of their numbers, whenever each was reported; an epoch that ran again
            replaces the earlier one.
        changed: spec keys that the trial overrides when it runs next, as its start event or
            the end event ``changed_by`` says.
        seconds: how long the trial ran, without the time between two sessions and without the
            start of its worker.
        starts: how often it started.
    """

    start: StartEvent
    end: EndEvent | None = None
    end_states: list[str] = field(default_factory=list)
    epochs: list[TrialEpoch] = field(default_factory=list)
    changed: Mapping[str, Any] = field(default_factory=dict)
    changed_by: EndEvent | None = None
    seconds: float = 0.0
    starts: int = 0
    _last_time: float | None = None
    _restarted: bool = False

    def __post_init__(self) -> None:
        """Begin with the changes of the start event."""
        self.changed = self.changed or self.start.changed

    @property
    def number(self) -> int:
        """The trial's number in the run."""
        return self.start.number

    @property
    def state(self) -> str | None:
        """The end's state, None while the trial runs."""
        return self.end.state if self.end else None

    @property
    def is_over(self) -> bool:
        """Whether the trial is over for good: neither cut short nor about to run again."""
        return self.state in OVER

    @property
    def since(self) -> float:
        """When the trial would have started without breaks: its last event less what it had run."""
        return (self.start.time if self._last_time is None else self._last_time) - self.seconds

    @property
    def recorded(self) -> RecordedTrial:
        """What is known of it when it starts again."""
        names = frozenset(name for each in self.epochs for name in each.kpi)
        numbers = tuple(each.epoch for each in self.epochs)
        return RecordedTrial(numbers[-1] if numbers else 0, names, self.starts, numbers)

    def count_ends(self, state: str) -> int:
        """Return how often the trial ended in ``state``."""
        return self.end_states.count(state)

    def begin(self, event: StartEvent) -> None:
        """Start, or start again after the trial was cut short."""
        self._restarted, self.end = self._last_time is not None, None
        self.starts += 1
        self._last_time = event.time

    def add_epoch(self, event: EpochEvent) -> None:
        """Add an epoch's metrics, to those of the same epoch if some came before.

        The first epoch after a restart replaces what the trial runs again: itself and all later
        ones. Otherwise a number below the last one is an epoch reported late, which changes no
        other.
        """
        self._count_time(event.time, event.ran_s)
        if self._restarted:
            self._restarted = False
            self.epochs = [known for known in self.epochs if known.epoch < event.epoch]
        place = bisect_left(self.epochs, event.epoch, key=_number_of)
        added = TrialEpoch(event.epoch, event.kpi, self.seconds)
        if place < len(self.epochs) and self.epochs[place].epoch == event.epoch:
            added.kpi = {**self.epochs[place].kpi, **event.kpi}
            self.epochs[place] = added
        else:
            self.epochs.insert(place, added)

    def finish(self, event: EndEvent) -> None:
        """End, for now or for good."""
        self._count_time(event.time, event.ran_s)
        self.end = event
        if event.changed and event.changed != self.changed:  # else it kept what it had
            self.changed, self.changed_by = event.changed, event
        self.end_states.append(event.state)

    def _count_time(self, now: float, ran_s: float | None = None) -> None:
        """Add the time since the last event; the time between two sessions does not count.

        Of the time from a start to its first epoch, or to its end without one, only what the
        trial's function ran counts.
        """
        if self._last_time is not None:
            passed = now - self._last_time
            self.seconds += passed if ran_s is None else min(ran_s, passed)
        self._last_time = now

    def values(self, objective: Objective) -> dict[int, float]:
        """Return epoch -> metric of every epoch that reported it."""
        metric = objective.metric
        return {each.epoch: each.kpi[metric] for each in self.epochs if metric in each.kpi}

    def reached(self, metric: str, objective: Objective) -> float | None:
        """Return what the trial reached of another metric than the objective's, None if nothing.

        That is its value at the best epoch, or the last one reported where that epoch has none;
        :data:`automl.trial.objective.TRAIN_TIME` is the seconds of a trial that is over.
        """
        if metric == TRAIN_TIME:
            return self.seconds if self.end else None
        best = self.best_epoch(objective)
        reported = [each.kpi[metric] for each in self.epochs if metric in each.kpi]
        if best is None or not reported:
            return None
        return float(best.kpi.get(metric, reported[-1]))

    def error(self, objective: Objective) -> float | None:
        """Return the standard error that the trainer gives of the best value, None without one."""
        best = self.best_epoch(objective)
        se = best.kpi.get(f"{objective.metric}{SE_SUFFIX}") if best else None
        return None if se is None else float(se)

    def best_epoch(self, objective: Objective) -> TrialEpoch | None:
        """Return the epoch with the best metric (the earliest of equals), None if none."""
        best: TrialEpoch | None = None
        for each in self.epochs:
            value = each.kpi.get(objective.metric)
            if value is None:
                continue
            if objective.better(value, best.kpi[objective.metric] if best else None):
                best = each
        return best

    def best_value(self, objective: Objective) -> float | None:
        """Return the metric of the best epoch, None without one."""
        best = self.best_epoch(objective)
        return best.kpi[objective.metric] if best else None


def _number_of(epoch: TrialEpoch) -> int:
    return epoch.epoch


def trial_histories(events: Iterable[LedgerEvent]) -> list[TrialHistory]:
    """Return one history per trial, in order of their numbers."""
    histories: dict[int, TrialHistory] = {}
    with gc_paused():
        add_events(histories, events)
    return [histories[number] for number in sorted(histories)]


def add_events(histories: dict[int, TrialHistory], events: Iterable[LedgerEvent]) -> None:
    """Add further events of a ledger to the histories of its trials, by number."""
    for event in events:
        if isinstance(event, EpochEvent):
            if event.number in histories:
                histories[event.number].add_epoch(event)
        elif isinstance(event, StartEvent):
            if event.number not in histories:
                histories[event.number] = TrialHistory(event)
            histories[event.number].begin(event)
        elif isinstance(event, EndEvent) and event.number in histories:
            histories[event.number].finish(event)
