"""Sorts out a damaged ledger: the lines that can still be read, and what is lost of each trial."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent
from automl.trial.ledger.lines import (
    START,
    Damage,
    LedgerLines,
    open_line,
    seal,
    split_lines,
    unseal,
)


@dataclass(frozen=True)
class Salvage:
    """What is left of a ledger.

    Attributes:
        content: the lines that can be read and used, numbered anew.
        lines: how many lines the ledger had.
        damages: what is not as it was written, in the order of the file.
        torn: whether a death had left the last line incomplete.
        lost: number of a trial -> the parts of it that are lost, in words.
    """

    content: bytes
    lines: int
    damages: Sequence[Damage]
    torn: bool
    lost: dict[int, list[str]]


@dataclass(frozen=True)
class _Line:
    place: int  # in the order in which lines were written
    body: bytes
    event: LedgerEvent


def salvage(content: bytes) -> Salvage:
    """Return what is left of a ledger's content.

    Lines out of place go back to theirs, and of a line that is there twice one stays. Epochs and
    ends of a trial whose start is lost are left out: its parameters are not known.
    """
    lines, torn = split_lines(content)
    reader = LedgerLines()
    for _ in reader.events(lines):
        pass
    readable = sorted(_readable(lines), key=lambda line: line.place)
    started = {line.event.number for line in readable if isinstance(line.event, StartEvent)}
    kept = [line for line in readable if _trial_of(line.event) in started | {None}]
    whole = b"".join(seal(n, line.body) + b"\n" for n, line in enumerate(kept, 1))
    lost: dict[int, list[str]] = {}
    for number, part in _parts_lost(lines, readable, started):
        parts = lost.setdefault(number, [])
        if part not in parts:
            parts.append(part)
    return Salvage(whole, len(lines), reader.damages, bool(torn), dict(sorted(lost.items())))


def _readable(lines: Sequence[bytes]) -> Iterator[_Line]:
    """Yield each line that can be read, once; one without a number follows the one before it."""
    place, seen = 0, set()
    for line in lines:
        try:
            number, event = open_line(line)
        except ValueError:
            continue
        place = place if number is None else number
        if number is None or (place, line) not in seen:
            seen.add((place, line))
            yield _Line(place, unseal(line), event)


def _trial_of(event: LedgerEvent) -> int | None:
    return event.number if isinstance(event, StartEvent | EpochEvent | EndEvent) else None


def _parts_lost(
    lines: Sequence[bytes], readable: Sequence[_Line], started: set[int]
) -> Iterator[tuple[int, str]]:
    """Yield the parts of trials that are lost: those whose lines tell, and those of no use."""
    for place, line in enumerate(lines, 1):
        try:
            open_line(line)
        except ValueError:
            number, part = Damage(place, "", line).part
            if number is not None:
                yield number, part
    for each in readable:
        number = _trial_of(each.event)
        if number is not None and number not in started:
            yield number, START
            word = f"epoch {each.event.epoch}" if isinstance(each.event, EpochEvent) else "the end"
            yield number, word
