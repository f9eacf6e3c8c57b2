"""The end of a failed trial's log: the last lines of its traceback come first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from automl.trial.faults import LAST_LINES, Cause, essence, raised_in
from automl.trial.secrets import mask

_BYTES: Final = 65_536
_FRAMES: Final = 3
_LINES: Final = 3  # of a log without a traceback
_LONGEST: Final = 300
_HEAD: Final = "Traceback (most recent call last)"
_FRAME: Final = re.compile(r'\s*File "(?P<file>.+)", line (?P<line>\d+)(?:, in (?P<name>.+))?')
_MARKS: Final = re.compile(r"[\s~^|+-]*")
_NAMES_ERROR: Final = re.compile(r"\b[A-Za-z_.]*(?:Error|Exception|Interrupt|Exit|Warning)\b")


def raised_by(log: Path, reason: str) -> tuple[str, ...]:
    """Return the exception that ``reason`` tells of, then its innermost frames.

    Of a log without its traceback the last lines, the last one first, where the reason says no more
    than how the trainer ended; else nothing.
    """
    lines = mask(_tail(log)).splitlines()
    for start in _starts(lines):
        found = _parsed(lines[start + 1 :])
        if found and _is_told(found[0], reason):
            return found
    if LAST_LINES in reason or _NAMES_ERROR.search(reason) or not _says_little(reason):
        return ()
    return tuple(_short(line) for line in lines[::-1] if line.strip())[:_LINES]


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - _BYTES))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def _starts(lines: Sequence[str]) -> Iterator[int]:
    """Where the log's tracebacks begin, the last one first."""
    return (place for place in reversed(range(len(lines))) if _HEAD in lines[place])


def _parsed(lines: Sequence[str]) -> tuple[str, ...]:
    """The exception and the innermost frames of a traceback whose first line came before."""
    frames: list[str] = []
    for place, line in enumerate(lines):
        frame = _FRAME.match(line)
        if frame:
            code = lines[place + 1].strip() if place + 1 < len(lines) else ""
            shown = "" if _FRAME.match(code) or not line.startswith(" ") else code
            frames.append(_frame(frame, shown))
        elif line.strip() and not line.startswith((" ", "\t")):
            return (_short(line.strip()), *frames[::-1][:_FRAMES])
    return ()


def _frame(found: re.Match[str], code: str) -> str:
    path = "/".join(Path(found["file"]).parts[-2:])
    place = f"{path}:{found['line']}" + (f" in {found['name']}" if found["name"] else "")
    return _short(f"{place}: {code}" if code and not _MARKS.fullmatch(code) else place)


def _is_told(exception: str, reason: str) -> bool:
    """Whether a reason tells of an exception, or of none, so that the log's last one is it."""
    told = essence(reason)
    message = exception.partition(": ")[2]
    same = Cause(told).key == Cause(exception).key or bool(message and message in told)
    return same or told in exception or not (raised_in([told]) or not _says_little(reason))


def _says_little(reason: str) -> bool:
    """Whether a reason says only how the trainer ended: by an exit code, a signal, not at all."""
    if not reason.strip() or re.search(r"exit code|exited|was killed|without a word", reason):
        return True
    kind, _, message = reason.partition(":")
    return bool(_NAMES_ERROR.fullmatch(kind.strip())) and not message.strip()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
