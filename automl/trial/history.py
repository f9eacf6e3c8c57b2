"""All that a ledger says of one trial, gathered from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from automl.trial.ledger import END, EPOCH, START
from automl.trial.objective import Objective

Event = Mapping[str, Any]


@dataclass
class TrialHistory:
    """One trial's events; a trial that was taken up again keeps its first start.

    Attributes:
        start: the first start event.
        end: the last end event, None while the trial runs.
        ended: the states of all end events, oldest first; a trial that was tried again has several.
        epochs: epoch events in order; an epoch that was run again replaces the earlier go.
    """

    start: Event
    end: Event | None = None
    epochs: list[Event] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    @property
    def state(self) -> str | None:
        """The end's state, None while the trial runs."""
        return str(self.end["state"]) if self.end else None

    def ends(self, state: str) -> int:
        """Return how often the trial ended in ``state``."""
        return self.ended.count(state)

    def add_epoch(self, event: Event) -> None:
        """Add one epoch, in place of those that it repeats."""
        self.epochs = [known for known in self.epochs if known["epoch"] < event["epoch"]]
        self.epochs.append(event)

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


def gather(events: Iterable[Event]) -> list[TrialHistory]:
    """Return one history per trial, in order of their numbers."""
    histories: dict[int, TrialHistory] = {}
    for event in events:
        number, kind = event.get("number"), event["event"]
        if kind == START and number not in histories:
            histories[event["number"]] = TrialHistory(start=event)
        elif kind == START:
            histories[event["number"]].end = None
        elif number in histories and kind == EPOCH:
            histories[number].add_epoch(event)
        elif number in histories and kind == END:
            histories[number].end = event
            histories[number].ended.append(str(event["state"]))
    return [histories[number] for number in sorted(histories)]
