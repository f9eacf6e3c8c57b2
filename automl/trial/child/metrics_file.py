"""Reads ``metrics.json``: one JSON object that is rewritten, a list of objects, or JSON lines.

``best_score.json``, which some of NVIDIA's TAO trainers write, is read the same way: its value may
have a general name, with or without the metric's own name beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.trial.child.files import files_named
from automl.trial.child.log_metrics import canonical_name
from automl.trial.status_record import StatusRecord, parse_record

_Stamp = tuple[int, int]  # inode, time of the last write in ns
_GENERAL: Final = ("best_score", "best_metric", "metric_value", "score", "value")


class MetricsFiles:
    """The records added to the metrics files of a folder."""

    def __init__(
        self, folder: Path, name: str, metric: str = "", *, from_start: bool = False
    ) -> None:
        """Skip what the files hold now, unless ``from_start``: it is of an earlier run.

        ``metric``: the metric that a value under a general name stands for; empty for none.
        """
        self._folder, self._name, self._metric = folder, name, metric
        known = [] if from_start else files_named(folder, name)
        self._files = {path: MetricsFile(path) for path in known}

    def new_records(self, *, ended: bool = False) -> list[StatusRecord]:
        """Return the records that are new since the last call; ``ended``: the writer ended well."""
        found: list[StatusRecord] = []
        for path in files_named(self._folder, self._name):
            file = self._files.setdefault(path, MetricsFile(path, from_start=True))
            found += file.new_records(self._metric, ended=ended)
        return found


class MetricsFile:
    """The records added to one metrics file."""

    def __init__(self, path: Path, *, from_start: bool = False) -> None:
        """Unless ``from_start``, what the file holds now is left out."""
        self._path = path
        self._stamp: _Stamp | None = None
        self._known: list[Mapping[str, Any]] = []
        if not from_start:
            self._stamp, self._known = self._read()

    def new_records(self, metric: str = "", *, ended: bool = False) -> list[StatusRecord]:
        """Return the records that are new since the last call; none of an incomplete file.

        One object that is written anew is a new record, also where it says the same as before.
        ``ended``: the writer has ended well, so a last line without a newline is whole.
        """
        stamp, entries = self._read(ended=ended)
        known, before = self._known, self._stamp
        if not entries or (entries == known and (stamp == before or len(known) > 1)):
            return []
        self._stamp, self._known = stamp, entries
        grown = entries[: len(known)] == known and len(entries) > len(known)
        new = entries[len(known) :] if grown else entries
        return [_record(_named(entry, metric) if metric else entry) for entry in new]

    def _read(self, *, ended: bool = False) -> tuple[_Stamp | None, list[Mapping[str, Any]]]:
        """Return when the file was written, and the objects in it."""
        stamp = None
        try:
            while stamp != (stamp := _stamp(self._path)):
                text = self._path.read_text(encoding="utf-8", errors="replace")
        except (FileNotFoundError, IsADirectoryError):  # the trainer is about to write it anew
            return None, []
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            lines = text.split("\n")
            content = [_parsed(line) for line in (lines if ended else lines[:-1])]
        entries = content if isinstance(content, list) else [content]
        return stamp, [entry for entry in entries if isinstance(entry, Mapping)]


def _stamp(path: Path) -> _Stamp:
    status = path.stat()
    return status.st_ino, status.st_mtime_ns


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _record(entry: Mapping[str, Any]) -> StatusRecord:
    """Metrics lie under ``kpi`` or ``metrics``, else beside ``epoch`` at the top."""
    for key in ("kpi", "metrics"):
        if isinstance(entry.get(key), Mapping):
            return parse_record({**entry, "kpi": entry[key]})
    values = {name: value for name, value in entry.items() if name != "epoch"}
    return parse_record({"epoch": entry.get("epoch"), "kpi": values})


def _named(entry: Mapping[str, Any], metric: str) -> Mapping[str, Any]:
    """Return the entry with the value of a general name under ``metric``, if that is missing."""
    label = entry.get("metric")
    if isinstance(label, str) and metric not in canonical_name({label: 0.0}, metric):
        return entry
    value = next((entry[name] for name in _GENERAL if name in entry), None)
    return entry if value is None else {metric: value, **entry}
