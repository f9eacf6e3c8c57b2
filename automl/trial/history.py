"""All that a ledger says of one trial, gathered from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.constants import TrialState
from automl.trial.ledger import END, EPOCH, START
from automl.trial.objective import TRAIN_TIME, Objective

Event = Mapping[str, Any]


OVER: Final = frozenset({TrialState.FINISHED, TrialState.STOPPED, TrialState.FAILED})


@dataclass
class TrialHistory:
    """One trial's events; a trial that was taken up again keeps its first start.

    Attributes:
        start: the first start event.
        end: the last end event, None while the trial runs.
        ended: the states of all end events, oldest first; a trial that was tried again has several.
        epochs: epoch events in order, ``seconds`` added: what the trial had run by then; an epoch
            that was run again replaces the earlier go.
        changed: spec keys that the next go needs otherwise than its parameters say: as its start
            says, or because of what the end event ``lacked`` says.
        seconds: how long the trial ran, without what lay between two sessions and without the
            start of its worker.
    """

    start: Event
    end: Event | None = None
    epochs: list[Event] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    changed: Mapping[str, Any] = field(default_factory=dict)
    lacked: Event | None = None
    seconds: float = 0.0
    _since: float | None = None
    _again: bool = False

    def __post_init__(self) -> None:
        """Begin with the changes of the start event."""
        self.changed = self.changed or self.start.get("changed", {})

    @property
    def state(self) -> str | None:
        """The end's state, None while the trial runs."""
        return str(self.end["state"]) if self.end else None

    @property
    def is_over(self) -> bool:
        """Whether the trial is over for good: neither cut short nor about to run again."""
        return self.state in OVER

    @property
    def since(self) -> float:
        """When the trial would have begun without breaks: its last event less what it had run."""
        return float(self.start["time"] if self._since is None else self._since) - self.seconds

    def ends(self, state: str) -> int:
        """Return how often the trial ended in ``state``."""
        return self.ended.count(state)

    def begin(self, event: Event) -> None:
        """Start, or start again after the trial was cut short."""
        self._again, self.end, self._since = self._since is not None, None, event["time"]

    def add_epoch(self, event: Event) -> None:
        """Add one epoch: to the same epoch's record, else in place of what it runs again."""
        self._count_time(event)
        if not self.epochs or event["epoch"] > self.epochs[-1]["epoch"]:
            self._again = False
            self.epochs.append({**event, "seconds": self.seconds})
            return
        kpi = dict(event["kpi"])
        if self.epochs[-1]["epoch"] == event["epoch"] and not self._again:
            kpi = {**self.epochs.pop()["kpi"], **kpi}
        self._again = False
        self.epochs = [known for known in self.epochs if known["epoch"] < event["epoch"]]
        self.epochs.append({**event, "kpi": kpi, "seconds": self.seconds})

    def finish(self, event: Event) -> None:
        """End, for now or for good."""
        self._count_time(event)
        self.end = event
        if "changed" in event:
            self.changed, self.lacked = event["changed"], event
        self.ended.append(str(event["state"]))

    def _count_time(self, event: Event) -> None:
        """Count the time since the last event; what lies between two sessions is not counted.

        Of a go's time up to its first epoch only what its function ran counts, where that is known.
        """
        if self._since is not None:
            passed = event["time"] - self._since
            self.seconds += min(event.get("ran_s", passed), passed)
        self._since = event["time"]

    def values(self, objective: Objective) -> dict[int, float]:
        """Return epoch -> metric of every epoch that reported it."""
        metric = objective.metric
        return {e["epoch"]: e["kpi"][metric] for e in self.epochs if metric in e["kpi"]}

    def reached(self, metric: str, objective: Objective) -> float | None:
        """Return what the trial reached of another metric than the objective's, None if nothing.

        That is its value at the best epoch, or the last one reported where that epoch has none;
        :data:`automl.trial.objective.TRAIN_TIME` is the seconds of a trial that is over.
        """
        if metric == TRAIN_TIME:
            return self.seconds if self.end else None
        best = self.best_epoch(objective)
        told = [e["kpi"][metric] for e in self.epochs if metric in e["kpi"]]
        if best is None or not told:
            return None
        return float(best["kpi"].get(metric, told[-1]))

    def best_epoch(self, objective: Objective) -> Event | None:
        """Return the epoch event with the best metric (the earliest of equals), None if none."""
        best: Event | None = None
        for event in self.epochs:
            value = event["kpi"].get(objective.metric)
            if value is None:
                continue
            if objective.better(value, best["kpi"][objective.metric] if best else None):
                best = event
        return best


def trial_histories(events: Iterable[Event]) -> list[TrialHistory]:
    """Return one history per trial, in order of their numbers."""
    histories: dict[int, TrialHistory] = {}
    for event in events:
        number, kind = event.get("number"), event["event"]
        if kind == START:
            histories.setdefault(event["number"], TrialHistory(start=event)).begin(event)
        elif number in histories and kind == EPOCH:
            histories[number].add_epoch(event)
        elif number in histories and kind == END:
            histories[number].finish(event)
    return [histories[number] for number in sorted(histories)]
