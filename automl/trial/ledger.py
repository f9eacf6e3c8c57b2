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
from typing import Any, Final

import orjson

from automl.partial_line import cut_torn_line
from automl.trial.secrets import mask

SESSION: Final = "session"


START: Final = "start"


EPOCH: Final = "epoch"


END: Final = "end"


UNFIT: Final = "unfit"


CLOSED: Final = "closed"


_EPOCH_MARK: Final = b'"event": "epoch"'


class Ledger:
    """Appends events to a run's ledger file.

    Attributes:
        mended: whether a line that a death tore was cut off the end.
    """

    def __init__(self, path: Path) -> None:
        """``path`` is made when missing; a line that a death tore is cut off."""
        self.path = path
        self._opened = time.time() - time.monotonic()
        self.mended = cut_torn_line(path)

    def session(self, **facts: Any) -> None:
        """Record that a driver opens the run; its facts say which."""
        self._append({"event": SESSION, **facts})

    def start(
        self,
        number: int,
        source: str,
        params: Mapping[str, Any],
        ticket: int | None = None,
        **facts: Any,
    ) -> dict[str, Any]:
        """Record that trial ``number`` starts with ``params`` (dotted name -> value).

        ``ticket`` is the study's own number of it, None for a run without a study; ``facts``
        are a population's ``parent`` and ``until``, and what the trial needs ``changed``. Like the
        other two events of a trial it is returned as it was written.
        """
        event = {"event": START, "number": number, "ticket": ticket, "source": source}
        return self._append({**event, **facts, "params": dict(params)})

    def epoch(
        self, number: int, epoch: int, kpi: Mapping[str, float], ran_s: float | None = None
    ) -> dict[str, Any]:
        """Record the metrics of one finished epoch (counted from 1).

        ``ran_s``: with the first epoch of a go, the seconds since the trial's function began; what
        went before, such as its worker's start, is no time of the trial. None where not known.
        """
        event = {"event": EPOCH, "number": number, "epoch": epoch}
        facts = {} if ran_s is None else {"ran_s": ran_s}
        return self._append({**event, **facts, "kpi": dict(kpi)})

    def unfit(self, ticket: int, params: Mapping[str, Any], reason: str) -> None:
        """Record a suggestion that is not launched since it cannot fit."""
        event = {"event": UNFIT, "ticket": ticket, "params": dict(params), "reason": reason}
        self._append(event)

    def end(self, number: int, state: str, failure: str = "", **facts: Any) -> dict[str, Any]:
        """Record how trial ``number`` ended: finished, stopped, failed or interrupted.

        Credentials in ``failure`` are masked.
        """
        event = {"event": END, "number": number, "state": state, "failure": mask(failure)}
        return self._append({**event, **facts})

    def closed(self, status: str, reason: str = "", early: str = "") -> dict[str, Any]:
        """Record how the session ended: ``done``, ``failed`` or ``interrupted``.

        A driver that was killed leaves no such word. Credentials in ``reason``, which says why it
        failed or what is left of it, are masked; ``early`` is why the run was enough before its
        budget was spent.
        """
        event = {"event": CLOSED, "status": status, "reason": mask(reason), "early": early}
        return self._append(event)

    def _append(self, event: dict[str, Any]) -> dict[str, Any]:
        now = self._opened + time.monotonic()  # the clock may jump while a session runs
        event = {"time": now, **event}
        line = json.dumps(event, allow_nan=True)
        with self.path.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        return event


def read_ledger(path: Path) -> list[dict[str, Any]]:
    """Return the whole events of a ledger, oldest first; a torn last line is left out."""
    if not path.exists():
        return []
    with _collector_paused():
        found = (_event(line) for line in path.read_bytes().split(b"\n") if line)
        return [event for event in found if event is not None]


def _event(line: bytes) -> dict[str, Any] | None:
    """One line's event, None for a torn line.

    The fast parser, for the many epochs, knows neither NaN nor parameters beyond 64 bits.
    """
    for parse in (orjson.loads, json.loads) if _EPOCH_MARK in line else (json.loads,):
        try:
            event: dict[str, Any] = parse(line)
        except ValueError:
            continue
        return event
    return None


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A million young objects, none of them garbage, are not looked through again and again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def seconds_used(events: Sequence[Mapping[str, Any]]) -> float:
    """Return the wall time of all earlier sessions, from each one's opening to its last trial's."""
    used, opened, last = 0.0, None, 0.0
    for event in events:
        if event["event"] == CLOSED:
            continue  # tables and reports are no time of the search
        if event["event"] == SESSION:
            used += last - opened if opened is not None else 0.0
            opened = event["time"]
        last = event["time"]
    return used + (last - opened if opened is not None else 0.0)
