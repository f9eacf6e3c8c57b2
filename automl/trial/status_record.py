"""Status records: what a trainer reports while it runs.

A record is one JSON object: ``status`` STARTED, RUNNING, SUCCESS or FAILURE, ``message``, and for
finished epochs ``epoch`` (counted from 1) and ``kpi``, a mapping of metric names to numbers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from automl.constants import Fault
from automl.errors import TrialError
from automl.skill.schema.numbers import is_finite, is_number
from automl.trial.number_text import read_number

_TOO_LARGE: Final = 2**63  # for an epoch


class TrainerStatus(StrEnum):
    """The ``status`` of a record: how the trainer stands."""

    STARTED = "STARTED"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"


@dataclass(frozen=True)
class StatusRecord:
    """One status record.

    Attributes:
        status: a :class:`TrainerStatus`; other texts are kept as they are.
        message: free text.
        epoch: epochs finished, None where the record is not about an epoch.
        kpi: metric names to finite or non-finite numbers; entries that are no numbers are dropped.
        unread: says of a value in a log that it cannot be read for certain; empty otherwise.
    """

    status: str
    message: str = ""
    epoch: int | None = None
    kpi: dict[str, float] = field(default_factory=dict)
    unread: str = ""


def parse_record(raw: Mapping[str, Any]) -> StatusRecord:
    """Return the record that a trainer's mapping means; tolerant of what other skills add."""
    kpi = raw.get("kpi")
    epoch: Any = raw.get("epoch")
    return StatusRecord(
        status=str(raw.get("status", TrainerStatus.RUNNING)),
        message=str(raw.get("message", "")),
        epoch=int(epoch) if is_finite(epoch) and abs(epoch) < _TOO_LARGE else None,
        kpi=_numbers(kpi) if isinstance(kpi, Mapping) else {},
    )


def parse_line(line: str) -> StatusRecord | None:
    """Return the record of one line of a status file, None where the line is no JSON object."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return parse_record(raw) if isinstance(raw, dict) else None


def check_metric(record: StatusRecord, metric: str) -> None:
    """Raise TrialError if the record reports a metric that is not a finite number."""
    value = record.kpi.get(metric)
    if value is not None and not math.isfinite(value):
        raise TrialError(f"metric {metric} is {value} at epoch {record.epoch}", fault=Fault.NAN)


def _numbers(kpi: Mapping[Any, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in kpi.items():
        if isinstance(value, str):
            value = _as_number(value)
        if is_number(value):
            found[str(name)] = _as_float(value)
    return found


def _as_number(text: str) -> float | None:
    try:
        return read_number(text)
    except ValueError:
        return None


def _as_float(value: float) -> float:
    """The number as a float; infinite where it has too many digits for one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


Report = Callable[[StatusRecord], None]
