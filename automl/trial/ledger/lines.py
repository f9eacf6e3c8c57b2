"""The lines of a run's ledger, each with a number and a checksum, so that no damage goes unseen.

A line is ``{"n": 17, "crc": "9a3f01bc", ...event}``: its number, counted from 1, and the CRC-32 of
the line without the pair ``crc``. Ledgers of earlier versions have neither; once such a run is
resumed, numbered lines follow, and the numbers count the older lines too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

import orjson

from automl.trial.ledger.events import EndEvent, EpochEvent, LedgerEvent, StartEvent, decode_event

_SEAL: Final = re.compile(rb'\{"n": (\d{1,15}), "crc": "([0-9a-f]{8})", ')
_SEAL_KEYS: Final = ("n", "crc")
START: Final = "the start"  # the part of a trial without which nothing of it is known
_KIND: Final = re.compile(rb'"event": "(start|epoch|end)"')
_NUMBER: Final = re.compile(rb'"number": (\d{1,9})\b')
_EPOCH: Final = re.compile(rb'"epoch": (\d{1,15})\b')
_PARAMS: Final = b'"params"'
_LONG: Final = re.compile(rb"[\s:,\[]-?\d{19}")  # digits of a number that orjson may round


@dataclass(frozen=True)
class Damage:
    """A place where a ledger is not what was written.

    Attributes:
        line: the line in the file, counted from 1.
        reason: what is wrong with it, in words.
        content: the line as it is; empty where whole lines are missing before it.
        missing: the numbers of the lines that are missing before it.
        orphan: the trial that the line belongs to, where that trial's start is lost.
        number: the line's own number, where it can be read and only its place is wrong.
    """

    line: int
    reason: str
    content: bytes = b""
    missing: range = range(0)
    orphan: int | None = None
    number: int | None = None

    @property
    def part(self) -> tuple[int | None, str]:
        """The trial whose start, epoch or end is lost, and which; None where that is not seen."""
        if self.orphan is not None:
            return self.orphan, START
        kind, number = _KIND.search(self.content), _NUMBER.search(self.content)
        if kind is None or number is None:
            return None, ""
        epoch = _EPOCH.search(self.content) if kind[1] == b"epoch" else None
        return int(number[1]), f"epoch {int(epoch[1])}" if epoch else f"the {kind[1].decode()}"


def losses(damages: Sequence[Damage]) -> list[str]:
    """Return what is lost by ``damages`` of one ledger, as far as that can be seen, each once."""
    displaced = {damage.number for damage in damages}
    found: list[str] = []
    for damage in damages:
        number, part = damage.part
        if damage.missing:
            found += [f"line {each}" for each in damage.missing if each not in displaced]
        elif damage.number is None:
            found.append(
                f"line {damage.line}" if number is None else f"{part} of trial {number:04d}"
            )
    return list(dict.fromkeys(found))


def seal(number: int, event: bytes) -> bytes:
    """Return an event's JSON object as line ``number`` of a ledger, without the line's end."""
    head, body = b'{"n": %d, ' % number, event[1:]
    return b'%b"crc": "%08x", %b' % (head, crc32(body, crc32(head)), body)


def unseal(line: bytes) -> bytes:
    """Return the JSON object of the event in a line that can be read."""
    found = _SEAL.match(line)
    return b"{" + line[found.end() :] if found else line.strip()


def open_line(line: bytes) -> tuple[int | None, LedgerEvent]:
    """Return the number of a line, None where it has none, and its event.

    Raises:
        ValueError: its checksum does not match, or it holds no event; the text says why.
    """
    found = _SEAL.match(line)
    if found is None:
        content = _parse(line)
        if any(key in content for key in _SEAL_KEYS):
            raise ValueError("its number and checksum cannot be read")
        return None, decode_event(content)
    number, checksum = found.groups()
    if b"%08x" % crc32(line[found.end() :], crc32(b'{"n": %b, ' % number)) != checksum:
        raise ValueError("its checksum does not match")
    return int(number), decode_event(_parse(line))


def _parse(line: bytes) -> Mapping[str, Any]:
    """The JSON object of a line: the fast parser knows neither NaN nor numbers beyond 64 bits.

    Only parameters may be such numbers, and most lines hold none.
    """
    fast = _PARAMS not in line or not _LONG.search(line)
    try:
        content = orjson.loads(line) if fast else json.loads(line)
    except (ValueError, RecursionError):
        content = _parse_slowly(line)
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    return content


def _parse_slowly(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON") from None


class LedgerLines:
    """Reads the lines of one ledger in their order and collects what is damaged.

    Attributes:
        last: the number of the last line.
        damages: what is not as it was written, in the order of the file.
    """

    def __init__(self, last: int = 0, *, whole: bool = True) -> None:
        """``last``: lines before the first one that is read.

        ``whole``: these are all the lines, so each trial has its start among them.
        """
        self.last = last
        self.damages: list[Damage] = []
        self._line = 0
        self._unread = 0  # damaged lines since the last one that could be read
        self._numbered = False
        self._started: set[int] | None = set() if whole else None

    def events(self, lines: Sequence[bytes]) -> Iterator[LedgerEvent]:
        """Yield the event of each line that can be read and has its place."""
        for line in lines:
            self._line += 1
            if not line:
                continue
            try:
                number, event = open_line(line)
            except ValueError as error:
                self._unread += 1
                self._note(str(error), line)
                continue
            if number == self.last + 1 and not self._unread:  # nearly always
                self.last, self._numbered = number, True
            elif not self._has_place(number, line):
                continue
            if self._has_start(event, line):
                yield event

    def _note(self, reason: str, line: bytes = b"", **more: Any) -> None:
        self.damages.append(Damage(self._line, reason, line, **more))

    def _has_place(self, number: int | None, line: bytes) -> bool:
        """Count a line that can be read; note where it, or one before it, is out of place."""
        due = self.last + 1 + self._unread
        if number is None and self._numbered:
            self._note("it has no number, as the lines before it have", line)
            return False
        if number is not None and number <= self.last:
            self._note(f"it is line {number} again, or out of its place", line, number=number)
            return False
        if number is not None and number > due:
            missing = range(due, number)
            first, last = missing[0], missing[-1]
            words = f"line {first} is" if first == last else f"lines {first} to {last} are"
            self._note(f"{words} missing before it", missing=missing)
        self.last, self._unread = due if number is None else number, 0
        self._numbered = self._numbered or number is not None
        return True

    def _has_start(self, event: LedgerEvent, line: bytes) -> bool:
        """Whether the start of an event's trial is known; note where it is not."""
        started = self._started
        if started is None:
            return True
        if isinstance(event, StartEvent):
            started.add(event.number)
        elif isinstance(event, EpochEvent | EndEvent) and event.number not in started:
            self._note(f"trial {event.number:04d} has no start", line, orphan=event.number)
            return False
        return True


def split_lines(content: bytes) -> tuple[list[bytes], bytes]:
    """Return the complete lines of a ledger's content, and the incomplete one after them.

    A last line that is whole but for its end, which something else took the place of, is no line
    that a death cut short: it counts among the complete ones, as damaged.
    """
    *lines, torn = content.split(b"\n")
    if torn and _SEAL.match(torn):
        try:
            open_line(torn[:-1])
        except ValueError:
            return lines, torn
        return [*lines, torn], b""
    return lines, torn
