"""The events of a run's ledger: what each holds, and its line of JSON, written and read.

:mod:`automl.trial.ledger` appends and reads the file. What a running sweep tells its listener is
something else: see :mod:`automl.sweep.notices`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

# Not frozen: a long ledger has tens of thousands of events, and a frozen one takes twice as long
# to make. Nothing changes an event once it is made. Every ``time`` is in seconds since 1970.


@dataclass(slots=True)
class SessionEvent:
    """A driver opened the run: where, under which process id, by which command line."""

    kind: ClassVar = "session"
    time: float
    host: str = ""
    pid: int | None = None
    command: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind."""
        return {"host": self.host, "pid": self.pid, "command": self.command}


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
    time: float
    number: int
    ticket: int | None
    source: str
    params: Mapping[str, Any]
    changed: Mapping[str, Any] = field(default_factory=dict)
    parent: int | None = None
    until: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind; what does not apply is left out."""
        line: dict[str, Any] = {
            "number": self.number,
            "ticket": self.ticket,
            "source": self.source,
        }
        if self.until is not None:
            line |= {"parent": self.parent, "until": self.until}
        if self.changed:
            line["changed"] = self.changed
        return {**line, "params": self.params}


@dataclass(slots=True)
class EpochEvent:
    """A trial finished an epoch, counted from 1.

    ``ran_s``, with the first epoch after a start: the seconds since the trial's function began, so
    that the start of its worker does not count as its time. None where it is not known.
    """

    kind: ClassVar = "epoch"
    time: float
    number: int
    epoch: int
    kpi: Mapping[str, float]
    ran_s: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind."""
        ran = {} if self.ran_s is None else {"ran_s": self.ran_s}
        return {"number": self.number, "epoch": self.epoch, **ran, "kpi": self.kpi}


@dataclass(slots=True)
class UnfitEvent:
    """The study suggested a configuration that cannot fit into memory; no trial starts."""

    kind: ClassVar = "unfit"
    time: float
    ticket: int
    params: Mapping[str, Any]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind."""
        return {"ticket": self.ticket, "params": self.params, "reason": self.reason}


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
    """

    kind: ClassVar = "end"
    time: float
    number: int
    state: str
    failure: str = ""
    fault: str = ""
    host: str = ""
    gpu_count: float | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind."""
        line: dict[str, Any] = {
            "number": self.number,
            "state": self.state,
            "failure": self.failure,
            "fault": self.fault,
            "host": self.host,
            "gpu_count": self.gpu_count,
        }
        return {**line, "changed": self.changed} if self.changed else line


@dataclass(slots=True)
class ClosedEvent:
    """A session ended by itself; a driver that was killed leaves no such event.

    Attributes:
        status: a :class:`automl.constants.RunStatus`.
        reason: why it failed, or what is left to do.
        early: why the run ended before its budget was spent.
    """

    kind: ClassVar = "closed"
    time: float
    status: str
    reason: str = ""
    early: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the keys of the line, without time and kind."""
        return {"status": self.status, "reason": self.reason, "early": self.early}


@dataclass(slots=True)
class UnknownEvent:
    """An event that another version of automl wrote: only its time counts."""

    kind: str
    time: float
    content: Mapping[str, Any]

    def to_dict(self) -> Mapping[str, Any]:
        """Return the line as it was read."""
        return self.content


TrialEvent = StartEvent | EpochEvent | EndEvent


LedgerEvent = TrialEvent | SessionEvent | UnfitEvent | ClosedEvent | UnknownEvent


def encode_event(event: LedgerEvent) -> str:
    """Return an event as a line of the ledger, without the line's end."""
    return json.dumps({"time": event.time, "event": event.kind, **event.to_dict()}, allow_nan=True)


def decode_event(line: Mapping[str, Any]) -> LedgerEvent:
    """Return the event of a parsed line; keys that this version does not know are left out."""
    kind = line["event"]
    if kind == EpochEvent.kind:  # most events, so it takes the shortest way
        return EpochEvent(
            line["time"], line["number"], line["epoch"], line["kpi"], line.get("ran_s")
        )
    return _DECODERS.get(kind, _unknown)(line)


def _session(line: Mapping[str, Any]) -> SessionEvent:
    host, command = line.get("host", ""), line.get("command", "")
    return SessionEvent(line["time"], host, line.get("pid"), command)


def _start(line: Mapping[str, Any]) -> StartEvent:
    return StartEvent(
        line["time"],
        line["number"],
        line.get("ticket"),
        line["source"],
        line["params"],
        line.get("changed", {}),
        line.get("parent"),
        line.get("until"),
    )


def _unfit(line: Mapping[str, Any]) -> UnfitEvent:
    return UnfitEvent(line["time"], line["ticket"], line["params"], line["reason"])


def _end(line: Mapping[str, Any]) -> EndEvent:
    return EndEvent(
        line["time"],
        line["number"],
        line["state"],
        line.get("failure", ""),
        line.get("fault", ""),
        line.get("host", ""),
        line.get("gpu_count"),
        line.get("changed", {}),
    )


def _closed(line: Mapping[str, Any]) -> ClosedEvent:
    return ClosedEvent(line["time"], line["status"], line.get("reason", ""), line.get("early", ""))


def _unknown(line: Mapping[str, Any]) -> UnknownEvent:
    return UnknownEvent(line["event"], line["time"], line)


_DECODERS: Final[Mapping[str, Callable[[Mapping[str, Any]], LedgerEvent]]] = {
    SessionEvent.kind: _session,
    StartEvent.kind: _start,
    UnfitEvent.kind: _unfit,
    EndEvent.kind: _end,
    ClosedEvent.kind: _closed,
}
