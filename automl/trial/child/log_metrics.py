"""Reads metrics out of a log: ``name: value`` and ``name=value``, or by the user's pattern.

A metric has several spellings: ``val/loss`` and ``val_loss``, in capitals or not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from automl.errors import InputError
from automl.trial.child.files import Lines
from automl.trial.status_record import StatusRecord


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
_EXPONENT: Final = r"(?:[eE][-+]?\d+)?"
_NUMBER: Final = rf"[-+]?(?:\d+(?:,\d+)*\.?\d*{_EXPONENT}|\.\d+{_EXPONENT}|nan|inf(?:inity)?)"
_PAIR: Final = re.compile(  # what follows must not make another number of it: 5/10, 1.2.3, 3x
    rf"(?<![\w./-])([A-Za-z_][\w./@-]*)[\"']?\s*[:=]\s*({_NUMBER})"
    r"(?![\w.]*\w|,\d|\s*/\s*\d)",
    re.IGNORECASE,
)
_EPOCH: Final = re.compile(
    r"(?:(max|maximum|total|num|number of|of|best|last)[\s_-]+)?\bepoch[\"']?\s*[:=#\[(]?\s*(\d+)",
    re.IGNORECASE,
)
_COLOUR: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})")
_DECIMAL_COMMA: Final = re.compile(
    rf"[-+]?(?:0,\d+|\d+,(?:\d{{1,2}}|\d{{4,}})){_EXPONENT}", re.IGNORECASE
)

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
        return [record for record in map(self._read, last_drawn) if record is not None]


def read_pairs(line: str, metric: str) -> StatusRecord | None:
    """Return all ``name: value`` and ``name=value`` pairs of a line that holds ``metric``.

    Values that can be read in two ways, such as ``1,234``, are left out.
    """
    line = _COLOUR.sub("", line)
    read = ((name, read_number(text)) for name, text in _PAIR.findall(line))
    pairs = canonical_name({name: value for name, value in read if value is not None}, metric)
    if metric not in pairs and GENERAL in pairs:
        pairs[metric] = pairs.pop(GENERAL)
    if metric not in pairs:
        return None
    epochs = [int(number) for other, number in _EPOCH.findall(line) if not other]
    kpi = {name: value for name, value in pairs.items() if name.lower() != EPOCH_GROUP}
    return StatusRecord("RUNNING", "", epochs[0] if epochs else None, kpi)


def read_number(text: str) -> float | None:
    """Return the number that ``text`` writes, None where a comma in it may mean two things.

    ``1,234.5`` and ``1,234,567`` hold thousands, ``0,95`` a decimal comma, ``1,234`` either.
    """
    if "," not in text:
        return float(text)
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else None


def read_pattern(line: str, metric: str, pattern: re.Pattern[str]) -> StatusRecord | None:
    """Return the value of ``metric`` that ``pattern`` finds in a line, None where it finds none."""
    match = pattern.search(_COLOUR.sub("", line))
    if match is None:
        return None
    text, epoch = match[_value_group(pattern)], match.groupdict().get(EPOCH_GROUP)
    try:
        value = read_number(text)
        number = int(epoch) if epoch else None
    except (TypeError, ValueError):
        return None
    return None if value is None else StatusRecord("RUNNING", "", number, {metric: value})


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
