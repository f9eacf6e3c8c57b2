"""The run's append-only record: every trial's start, epochs and end, one JSON object a line.

The tables of a run are derived from this file alone, so whatever was written before a death is
never lost. Each line is flushed to the disk before the run goes on.
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import orjson

from automl.partial_line import cut_torn_line
from automl.trial.ledger_events import (
    ClosedEvent,
    EndEvent,
    EpochEvent,
    LedgerEvent,
    SessionEvent,
    StartEvent,
    UnfitEvent,
    decode_event,
    encode_event,
)
from automl.trial.secrets import mask

E = TypeVar("E", bound=LedgerEvent)
_EPOCH_MARK: Final = b'"event": "epoch"'


class Ledger:
    """Appends events to a run's ledger file; each method returns what it appended.

    Attributes:
        mended: whether the last line was cut off because a death had left it incomplete.
    """

    def __init__(self, path: Path) -> None:
        """``path`` is created when missing; an incomplete last line is cut off."""
        self.path = path
        self._opened = time.time() - time.monotonic()
        self.mended = cut_torn_line(path)

    def session(self, host: str = "", pid: int | None = None, command: str = "") -> SessionEvent:
        """Record that a driver opens the run."""
        return self._append(SessionEvent(self._now(), host, pid, command))

    def start(
        self,
        number: int,
        source: str,
        params: Mapping[str, Any],
        ticket: int | None = None,
        *,
        changed: Mapping[str, Any] | None = None,
        parent: int | None = None,
        until: int | None = None,
    ) -> StartEvent:
        """Record that trial ``number`` starts; the arguments are those of the event."""
        event = StartEvent(
            self._now(), number, ticket, source, dict(params), changed or {}, parent, until
        )
        return self._append(event)

    def epoch(
        self, number: int, epoch: int, kpi: Mapping[str, float], ran_s: float | None = None
    ) -> EpochEvent:
        """Record the metrics of one finished epoch (counted from 1)."""
        return self._append(EpochEvent(self._now(), number, epoch, dict(kpi), ran_s))

    def unfit(self, ticket: int, params: Mapping[str, Any], reason: str) -> UnfitEvent:
        """Record a suggestion that does not start since it cannot fit into memory."""
        return self._append(UnfitEvent(self._now(), ticket, dict(params), reason))

    def end(
        self,
        number: int,
        state: str,
        failure: str = "",
        *,
        fault: str = "",
        host: str = "",
        gpu_count: float | None = None,
        changed: Mapping[str, Any] | None = None,
        ran_s: float | None = None,
    ) -> EndEvent:
        """Record how trial ``number`` ended; credentials in ``failure`` are masked."""
        event = EndEvent(
            self._now(), number, state, mask(failure), fault, host, gpu_count, changed or {}, ran_s
        )
        return self._append(event)

    def closed(self, status: str, reason: str = "", early: str = "") -> ClosedEvent:
        """Record how the session ended; credentials in ``reason`` are masked."""
        return self._append(ClosedEvent(self._now(), status, mask(reason), early))

    def _now(self) -> float:
        """The time by a clock that does not jump while a session runs."""
        return self._opened + time.monotonic()

    def _append(self, event: E) -> E:
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(encode_event(event) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return event


def read_ledger(path: Path) -> list[LedgerEvent]:
    """Return the complete events of a ledger, oldest first; an incomplete last line is left out."""
    return parse_ledger(path.read_bytes()) if path.exists() else []


def parse_ledger(content: bytes) -> list[LedgerEvent]:
    """Return the complete events in a ledger's content, as :func:`read_ledger` does."""
    with _collector_paused():
        found = (_parse(line) for line in content.split(b"\n") if line)
        return [decode_event(line) for line in found if line is not None]


def _parse(line: bytes) -> dict[str, Any] | None:
    """The JSON object of a line, None for an incomplete line.

    The fast parser, for the many epochs, knows neither NaN nor parameters beyond 64 bits.
    """
    for parse in (orjson.loads, json.loads) if _EPOCH_MARK in line else (json.loads,):
        try:
            content: dict[str, Any] = parse(line)
        except ValueError:
            continue
        return content
    return None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector, which would look through all events again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def seconds_used(events: Sequence[LedgerEvent]) -> float:
    """Return the wall time of all sessions, each from its opening to its last trial's event."""
    used, opened, last = 0.0, None, 0.0
    for event in events:
        if isinstance(event, ClosedEvent):
            continue  # tables and reports are no time of the search
        if isinstance(event, SessionEvent):
            used += last - opened if opened is not None else 0.0
            opened = event.time
        last = event.time
    return used + (last - opened if opened is not None else 0.0)
