"""Reads metrics out of a log: ``name: value`` and ``name=value``, or by the user's pattern.

A metric has several spellings: ``val/loss`` and ``val_loss``, in capitals or not. A value that
cannot be read for certain, such as ``1,234`` or ``5/10``, is never guessed: its record says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.trial.child.files import Lines
from automl.trial.number_text import NUMBER, read_count, read_number
from automl.trial.secrets import mask
from automl.trial.status_record import StatusRecord, TrainerStatus


def canonical_name(kpi: Mapping[str, float], metric: str) -> dict[str, float]:
    """Return ``kpi`` with ``metric`` under its own name, if it is there under another spelling."""
    found = dict(kpi)
    if metric and metric not in found:
        wanted = _plain(metric)
        value = next((value for name, value in kpi.items() if _plain(name) == wanted), None)
        found |= {} if value is None else {metric: value}
    return found


def _plain(name: str) -> str:
    return name.lower().replace("/", "_")


EPOCH_GROUP: Final = "epoch"
GENERAL: Final = "kpi"  # what TAO's trainers call the metric when they name none
OURS: Final = "automl: "  # begins the lines that automl itself adds to a trial's log
_NAME: Final = re.compile(r"(?<![\w./-])([A-Za-z_][\w./@-]*)[\"']?\s*[:=]\s*")
_VALUE: Final = re.compile(  # what follows must not make another number of it: 5/10, 1.2.3, 3x
    rf"({NUMBER})(?![\w.]*\w|[,:'’-]\d|\s*/\s*\d|\s+(?:out )?of\s+\d)", re.IGNORECASE
)
_SPACED: Final = re.compile(r"[-+]?\d{1,3}(?: \d{3})+(?!\d)")  # thousands, or two numbers
_DIGITS: Final = re.compile(r"\S*\d")
_OTHER: Final = re.compile(  # before a name they make another quantity of it
    r"\b(?:max|maximum|min|minimum|best|highest|lowest|top|first|last|previous|prev|initial|target"
    r"|mean|avg|average|std|train|training)[\s_-]+[\"']?$",
    re.IGNORECASE,
)
_EPOCH: Final = re.compile(
    r"(?:(max|maximum|total|num|number of|of|best|last|previous|final)[\s_-]+)?"
    r"\bepoch[\"']?\s*[:=#\[(]?\s*(\d[\d.,]*)",
    re.IGNORECASE,
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SHOWN: Final = 120  # characters of a line

Read = Callable[[str], StatusRecord | None]


class LogMetrics:
    """The records in the lines that were added to a log."""

    def __init__(self, log: Path, read: Read, *, from_start: bool = False) -> None:
        """``read`` makes a record of a line, None where the line holds no metric.

        Unless ``from_start``, what the log holds now is left out.
        """
        self._lines = Lines(log, from_end=not from_start)
        self._read = read

    def new_records(self, *, ended: bool = False) -> list[StatusRecord]:
        """Return the records of the lines completed since the last call.

        ``ended``: the writer has ended well, so a last line without a newline is whole.
        """
        lines = self._lines.new_lines(ended=ended)
        last_drawn = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in lines)
        theirs = (line for line in last_drawn if not line.startswith(OURS))
        return [record for record in map(self._read, theirs) if record is not None]


def read_pairs(line: str, metric: str) -> StatusRecord | None:
    """Return all ``name: value`` and ``name=value`` pairs of a line that holds ``metric``.

    Where the metric's own value cannot be read for certain, the record has no pair and says so;
    other such values are left out.
    """
    line = _COLOUR.sub("", line)
    names = list(_NAME.finditer(line))
    own = _own(names, metric) or _own(names, GENERAL)
    found = {_value_at(line, match.end()) for match in own if _says_number(line, match)}
    if not found:
        return None
    value = found.pop()
    if value is None or found:
        return _unread(line, metric)
    pairs = ((match[1], _value_at(line, match.end())) for match in names)
    kpi = {
        name: each
        for name, each in pairs
        if each is not None and name.lower() != EPOCH_GROUP and _plain(name) != _plain(own[0][1])
    }
    epochs = [read_count(number) for other, number in _EPOCH.findall(line) if not other]
    return StatusRecord(
        TrainerStatus.RUNNING, "", epochs[0] if epochs else None, {**kpi, metric: value}
    )


def line_values(line: str) -> dict[str, float]:
    """Return every ``name: value`` and ``name=value`` of a line whose value is certain."""
    line = _COLOUR.sub("", line.rstrip("\r").rsplit("\r", 1)[-1])
    pairs = ((match[1], _value_at(line, match.end())) for match in _NAME.finditer(line))
    return {n: v for n, v in pairs if v is not None and n.lower() != EPOCH_GROUP}


def _own(names: list[re.Match[str]], metric: str) -> list[re.Match[str]]:
    """The places of a metric in a line: ``best score`` counts only where no ``score`` is."""
    own = [match for match in names if match[1] == metric]
    own = own or [match for match in names if _plain(match[1]) == _plain(metric)]
    plain = [match for match in own if not _OTHER.search(match.string, 0, match.start())]
    return plain or own


def _value_at(line: str, place: int) -> float | None:
    """The number that begins at a place, None where there is none that is certain."""
    match = _VALUE.match(line, place)
    return read_number(match[1]) if match and not _SPACED.match(line, place) else None


def _says_number(line: str, name: re.Match[str]) -> bool:
    """Whether what follows a name is meant as a number."""
    place = name.end()
    return bool(_VALUE.match(line, place) or _DIGITS.match(line, place))


def _unread(line: str, metric: str) -> StatusRecord:
    shown = mask(line.strip())[:_SHOWN]
    words = (
        f"{metric} cannot be read for certain, and is left out, in the line {shown!r}: print it as"
        f" {metric}=0.5, write it into metrics.json, or give --metric-pattern"
    )
    return StatusRecord(TrainerStatus.RUNNING, unread=words)


def read_pattern(line: str, metric: str, pattern: re.Pattern[str]) -> StatusRecord | None:
    """Return the value of ``metric`` that ``pattern`` finds in a line, None where it finds none."""
    line = _COLOUR.sub("", line)
    match = pattern.search(line)
    if match is None:
        return None
    text, epoch = match[_value_group(pattern)] or "", match.groupdict().get(EPOCH_GROUP)
    try:
        value = read_number(text.strip())
    except ValueError:
        value = None
    if value is None:
        return _unread(line, metric) if _DIGITS.search(text) else None
    return StatusRecord(TrainerStatus.RUNNING, "", read_count(epoch or ""), {metric: value})


def metric_pattern(text: str) -> re.Pattern[str]:
    """Return the compiled pattern: one group for the value, and perhaps one named ``epoch``.

    Raises:
        InputError: it is no regular expression, or has other groups.
    """
    try:
        pattern = re.compile(text)
    except re.error as error:
        raise InputError(f"--metric-pattern {text!r} is no regular expression: {error}") from error
    if pattern.groups - (EPOCH_GROUP in pattern.groupindex) != 1:
        raise InputError(
            f"--metric-pattern {text!r} must have one group, the metric's value, and at most one"
            r" more named epoch, as in 'epoch (?P<epoch>\d+): top1 ([\d.]+)'"
        )
    return pattern


def _value_group(pattern: re.Pattern[str]) -> int:
    epoch = pattern.groupindex.get(EPOCH_GROUP)
    return 2 if epoch == 1 else 1
