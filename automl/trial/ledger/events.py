"""The events of a run's ledger: what each holds, and its line of JSON, written and read.

:mod:`automl.trial.ledger.writer` appends and reads the file. What a sweep tells its listener
is something else: see :mod:`automl.sweep.notices`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from automl.constants import TrialState

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
        changed: spec key -> value that overrides the spec which its parameters give, such as more
            gradient accumulation after it ran out of memory.
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
class AdviceEvent:
    """Somebody beside the sampler proposed points, or what was proposed is not tried.

    Attributes:
        source: who, a :class:`automl.constants.TrialSource`.
        points: those that are to be tried, each dotted name -> value.
        refused: why other points are not tried, or why there was no answer, a text for each.
    """

    kind: ClassVar = "advice"
    keys: ClassVar = ("source", "points", "refused")
    time: float
    source: str = ""
    points: list[Mapping[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


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
        changed: spec key -> value that overrides that spec for its next start.
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
        highest: after a repair the highest number that a trial ever had: none is used again.
    """

    kind: ClassVar = "closed"
    keys: ClassVar = ("status", "reason", "early", "highest")
    time: float
    status: str
    reason: str = ""
    early: str = ""
    highest: int | None = None


@dataclass(slots=True)
class UnknownEvent:
    """An event that another version of automl wrote: only its time counts."""

    kind: str
    time: float
    content: Mapping[str, Any]


TrialEvent = StartEvent | EpochEvent | EndEvent
LedgerEvent = TrialEvent | SessionEvent | UnfitEvent | AdviceEvent | ClosedEvent | UnknownEvent

# Keys that a line holds only where they say something.
_OPTIONAL: Final = frozenset({"ran_s", "changed", "until", "highest"})


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
    """Return the event of a parsed line; keys that this version does not know are left out.

    Raises:
        ValueError: the line is no event: a key is missing, or its value is of another type.
    """
    kind: Any = line.get("event")
    time: Any = line.get("time")
    if not _is_number(time) or not 0 <= time < _END_OF_TIME:
        raise ValueError("`time` is no moment")
    if kind == "epoch":  # most events, so it takes the shortest way
        return _decode_epoch(line, time)
    if not isinstance(kind, str):
        raise ValueError("`event` is no text")
    make = _CLASSES.get(kind)
    if make is None:
        known = {key: value for key, value in line.items() if key not in ("n", "crc")}
        return UnknownEvent(kind, time, known)
    found = {key: line[key] for key in make.keys if key in line}
    for key, value in found.items():
        fits, words = _SHAPES[key]
        if not fits(value):
            raise ValueError(f"`{key}` of `{kind}` is {words}")
    try:
        event: LedgerEvent = make(time, **found)
    except TypeError:
        raise ValueError(f"`{kind}` lacks a key") from None
    return event


def _decode_epoch(line: Mapping[str, Any], time: float) -> EpochEvent:
    number: Any = line.get("number")
    epoch: Any = line.get("epoch")
    kpi: Any = line.get("kpi")
    if type(number) is not int or not 0 <= number < _TOO_LARGE:
        raise ValueError("`number` of `epoch` is no trial's number")
    if type(epoch) is not int or not -_TOO_LARGE < epoch < _TOO_LARGE:
        raise ValueError("`epoch` of `epoch` is no whole number")
    if type(kpi) is not dict:
        raise ValueError("`kpi` of `epoch` holds no metrics")
    ran_s = line.get("ran_s")
    if ran_s is not None and not _is_number(ran_s):
        raise ValueError("`ran_s` of `epoch` is no number")
    for name, value in kpi.items():
        if type(value) is not float:
            kpi[name] = _as_metric(value)
    return EpochEvent(time, number, epoch, kpi, ran_s)


def _as_metric(value: Any) -> float:
    """A whole number stays one, unless no float holds it."""
    if not _is_number(value):
        raise ValueError("`kpi` of `epoch` holds no number")
    if abs(value) > _LARGEST:
        return math.inf if value > 0 else -math.inf
    number: float = value
    return number


def _is_number(value: object) -> bool:
    return type(value) is float or type(value) is int


def _is_whole(value: object) -> bool:
    return type(value) is int and abs(value) < _TOO_LARGE


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _TOO_LARGE


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_mapping(value: object) -> bool:
    return isinstance(value, dict)


def _is_list(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _or_none(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or fits(value)


_END_OF_TIME: Final = 253_402_300_800  # the year 10000, which no timestamp holds
_TOO_LARGE: Final = 2**63
_STATES: Final = frozenset(TrialState)
_LARGEST: Final = 2**1023
_COUNT: Final = (_is_count, "no trial's number")
_NO_NUMBER: Final = (_or_none(_is_number), "no number")
_NO_TEXT: Final = (_is_text, "no text")
_NO_MAPPING: Final = (_is_mapping, "no mapping")
_SHAPES: Final[Mapping[str, tuple[Callable[[object], bool], str]]] = {
    "number": _COUNT,
    "ticket": (_or_none(_is_whole), "no ticket"),
    "parent": (_or_none(_is_count), "no trial's number"),
    "highest": (_or_none(_is_count), "no trial's number"),
    "until": (_or_none(_is_whole), "no epoch"),
    "pid": (_or_none(_is_whole), "no process"),
    "gpu_count": _NO_NUMBER,
    "ran_s": _NO_NUMBER,
    "params": _NO_MAPPING,
    "points": (_is_list(_is_mapping), "no list of points"),
    "refused": (_is_list(_is_text), "no list of reasons"),
    "changed": _NO_MAPPING,
    "state": (lambda value: isinstance(value, str) and value in _STATES, "no state of a trial"),
    **dict.fromkeys(
        ("host", "command", "source", "reason", "failure", "fault", "status", "early"), _NO_TEXT
    ),
}
_CLASSES: Final[Mapping[str, Any]] = {
    each.kind: each
    for each in (SessionEvent, StartEvent, UnfitEvent, AdviceEvent, EndEvent, ClosedEvent)
}
