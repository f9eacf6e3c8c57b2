"""The run's append-only record: every trial's start, epochs and end, one JSON object a line.

The tables of a run are derived from this file alone, so whatever was written before a death is
never lost. Each line is flushed to the disk before the run goes on. How a line is numbered and
checked: :mod:`automl.trial.ledger.lines`.
"""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from automl.errors import DamagedLedgerError
from automl.trial.ledger.events import (
    AdviceEvent,
    ClosedEvent,
    EndEvent,
    EpochEvent,
    LedgerEvent,
    SessionEvent,
    StartEvent,
    TrialEvent,
    UnfitEvent,
    encode_event,
)
from automl.trial.ledger.gc_pause import gc_paused
from automl.trial.ledger.lines import Damage, LedgerLines, losses, seal, split_lines
from automl.trial.secrets import mask

E = TypeVar("E", bound=LedgerEvent)
_MOST_LOSSES: Final = 5  # that an error names


class Ledger:
    """Appends events to a run's ledger file; each method returns what it appended.

    Attributes:
        mended: whether the last line was cut off because a death had left it incomplete.
    """

    def __init__(self, path: Path) -> None:
        """``path`` is created when missing; an incomplete last line is cut off.

        Raises:
            DamagedLedgerError: the ledger is damaged elsewhere; it stays as it is.
        """
        self.path = path
        self._opened = time.time() - time.monotonic()
        self._last = self._size = 0  # the number of the last line, and where it ends
        self.mended = self._go_to_end()

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

    def advice(
        self, source: str, points: Sequence[Mapping[str, Any]], refused: Sequence[str]
    ) -> AdviceEvent:
        """Record what somebody beside the sampler proposed; credentials in reasons are masked."""
        given: list[Mapping[str, Any]] = [dict(point) for point in points]
        return self._append(AdviceEvent(self._now(), source, given, [mask(why) for why in refused]))

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
        with self.path.open("ab") as stream:
            if stream.tell() != self._size:  # half a line on a full disk, or another writer's
                self._go_to_end()
            line = seal(self._last + 1, encode_event(event).encode()) + b"\n"
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        self._last, self._size = self._last + 1, self._size + len(line)
        return event

    def _go_to_end(self) -> bool:
        """Find the number of the last line; cut an incomplete one, and return whether there was."""
        self._last = self._size = 0
        if not self.path.exists():
            return False
        with self.path.open("r+b") as stream:
            content = stream.read()
            lines, torn = split_lines(content)
            reader = LedgerLines()
            for _ in reader.events(lines):
                pass
            check_damages(self.path, reader.damages)
            self._last, self._size = reader.last, len(content) - len(torn)
            if torn:
                stream.truncate(self._size)
        return bool(torn)


def read_ledger(path: Path) -> list[LedgerEvent]:
    """Return the complete events of a ledger, oldest first; an incomplete last line is left out.

    Raises:
        DamagedLedgerError: it is damaged elsewhere.
    """
    return parse_ledger(path.read_bytes(), path) if path.exists() else []


def parse_ledger(content: bytes, path: Path) -> list[LedgerEvent]:
    """Return the complete events in the content of the ledger at ``path``, as :func:`read_ledger`.

    Raises:
        DamagedLedgerError: it is damaged.
    """
    reader = LedgerLines()
    with gc_paused():
        events = list(reader.events(split_lines(content)[0]))
    check_damages(path, reader.damages)
    return events


def has_trial_events(content: bytes, after: int) -> bool:
    """Return whether a ledger says anything of trials ``after`` some bytes; damaged lines may."""
    reader = LedgerLines(content.count(b"\n", 0, after), whole=False)
    events = list(reader.events(split_lines(content[after:])[0]))
    return bool(reader.damages) or any(isinstance(event, TrialEvent) for event in events)


def check_damages(path: Path, damages: Sequence[Damage]) -> None:
    """Raise DamagedLedgerError where a ledger is damaged: where, what is lost, and what to do."""
    if not damages:
        return
    lost = losses(damages)
    more = f" and {len(lost) - _MOST_LOSSES} more" if len(lost) > _MOST_LOSSES else ""
    raise DamagedLedgerError(
        f"{path} is damaged at line {damages[0].line}: {damages[0].reason}; lost:"
        f" {', '.join(lost[:_MOST_LOSSES]) or 'nothing'}{more}; keep a copy and go on with what can"
        f" be read:  automl repair {shlex.quote(str(path.parent))}"
    )


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
