"""The events of a run's ledger: what each holds, and its line of JSON, written and read.

:mod:`automl.trial.ledger` appends and reads the file. What a running sweep tells its listener is
something else: see :mod:`automl.sweep.notices`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

# Not frozen: a long ledger has tens of thousands of events, and a frozen one takes twice as long
# to make. Nothing changes an event once it is made. Every ``time`` is in seconds since 1970, and
# ``keys`` are those of its line, in their order, after time and kind.


@dataclass(slots=True)
class SessionEvent:
    """A driver opened the run: where, under which process id, by which command line."""

    kind: ClassVar = "session"
    keys: ClassVar = ("host", "pid", "command")
    time: float
    host: str = ""
    pid: int | None = None
    command: str = ""


@dataclass(slots=True)
class StartEvent:
    """A trial starts, or starts again after it was cut short or failed.

    Attributes:
        number: the trial's number in the run.
        ticket: the study's own number of it, None for a run without a study.
        source: who chose its parameters, a :class:`automl.constants.TrialSource`.
        params: the parameters, dotted name -> value.
        changed: spec keys that it needs otherwise than its parameters say.
        parent: with population based training the trial from whose checkpoint it goes on.
        until: with population based training the epoch at which it ends, else None.
    """

    kind: ClassVar = "start"
    keys: ClassVar = ("number", "ticket", "source", "parent", "until", "changed", "params")
    time: float
    number: int
    ticket: int | None = None
    source: str = ""
    params: Mapping[str, Any] = field(default_factory=dict)
    changed: Mapping[str, Any] = field(default_factory=dict)
    parent: int | None = None
    until: int | None = None


@dataclass(slots=True)
class EpochEvent:
    """A trial finished an epoch, counted from 1.

    ``ran_s``, with the first epoch after a start: the seconds since the trial's function began, so
    that the start of its worker does not count as its time. None where it is not known.
    """

    kind: ClassVar = "epoch"
    keys: ClassVar = ("number", "epoch", "ran_s", "kpi")
    time: float
    number: int
    epoch: int
    kpi: Mapping[str, float]
    ran_s: float | None = None


@dataclass(slots=True)
class UnfitEvent:
    """The study suggested a configuration that cannot fit into memory; no trial starts."""

    kind: ClassVar = "unfit"
    keys: ClassVar = ("ticket", "params", "reason")
    time: float
    ticket: int
    params: Mapping[str, Any]
    reason: str


@dataclass(slots=True)
class EndEvent:
    """A trial ended, for good or to run again.

    Attributes:
        number: the trial's number in the run.
        state: a :class:`automl.constants.TrialState`.
        failure: why it failed, in words; empty where it did not.
        fault: the kind of failure, a :class:`automl.constants.Fault`; empty where it did not fail.
        host: the machine that it ran on.
        gpu_count: how many GPUs it had.
        changed: spec keys that it needs otherwise when it runs again.
        ran_s: of a trial that ended before its first epoch, what an epoch's ``ran_s`` says.
    """

    kind: ClassVar = "end"
    keys: ClassVar = (
        "number", "state", "failure", "fault", "host", "gpu_count", "changed", "ran_s",
    )  # fmt: skip
    time: float
    number: int
    state: str
    failure: str = ""
    fault: str = ""
    host: str = ""
    gpu_count: float | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    ran_s: float | None = None


@dataclass(slots=True)
class ClosedEvent:
    """A session ended by itself; a driver that was killed leaves no such event.

    Attributes:
        status: a :class:`automl.constants.RunStatus`.
        reason: why it failed, or what is left to do.
        early: why the run ended before its budget was spent.
    """

    kind: ClassVar = "closed"
    keys: ClassVar = ("status", "reason", "early")
    time: float
    status: str
    reason: str = ""
    early: str = ""


@dataclass(slots=True)
class UnknownEvent:
    """An event that another version of automl wrote: only its time counts."""

    kind: str
    time: float
    content: Mapping[str, Any]


TrialEvent = StartEvent | EpochEvent | EndEvent
LedgerEvent = TrialEvent | SessionEvent | UnfitEvent | ClosedEvent | UnknownEvent

# Keys that a line holds only where they say something.
_OPTIONAL: Final = frozenset({"ran_s", "changed", "until"})


def encode_event(event: LedgerEvent) -> str:
    """Return an event as a line of the ledger, without the line's end."""
    if isinstance(event, UnknownEvent):
        return json.dumps(event.content)
    line = {"time": event.time, "event": event.kind}
    line |= {key: getattr(event, key) for key in event.keys}
    for key in _OPTIONAL.intersection(line):
        if line[key] is None or line[key] == {}:
            del line[key]
    if "until" not in line:
        line.pop("parent", None)
    return json.dumps(line, allow_nan=True)


def decode_event(line: Mapping[str, Any]) -> LedgerEvent:
    """Return the event of a parsed line; keys that this version does not know are left out."""
    kind, time = line["event"], line["time"]
    if kind == EpochEvent.kind:  # most events, so it takes the shortest way
        return EpochEvent(time, line["number"], line["epoch"], line["kpi"], line.get("ran_s"))
    make = _CLASSES.get(kind)
    if make is None:
        return UnknownEvent(kind, time, line)
    event: LedgerEvent = make(time, **{key: line[key] for key in make.keys if key in line})
    return event


_CLASSES: Final[Mapping[str, Any]] = {
    each.kind: each for each in (SessionEvent, StartEvent, UnfitEvent, EndEvent, ClosedEvent)
}
