"""Reads ``metrics.json``: one JSON object that is written anew, a list of them, or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from automl.trial.record import Record, parse_record


class MetricsFile:
    """The records that a metrics file gained since the last look."""

    def __init__(self, path: Path) -> None:
        """What the file holds now belongs to an earlier go and is left out."""
        self._path = path
        self._known = self._entries()

    def new_records(self) -> list[Record]:
        """Return the records that are new since the last call; none while the file is half."""
        entries = self._entries()
        known = self._known
        if not entries or entries == known:
            return []
        self._known = entries
        grown = entries[: len(known)] == known
        return [_record(entry) for entry in (entries[len(known) :] if grown else entries)]

    def _entries(self) -> list[Mapping[str, Any]]:
        if not self._path.is_file():
            return []
        text = self._path.read_text(encoding="utf-8", errors="replace")
        try:
            content = json.loads(text)
        except ValueError:
            content = [_parsed(line) for line in text.split("\n")[:-1]]
        entries = content if isinstance(content, list) else [content]
        return [entry for entry in entries if isinstance(entry, Mapping)]


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _record(entry: Mapping[str, Any]) -> Record:
    """Metrics lie under ``kpi`` or ``metrics``, else beside ``epoch`` at the top."""
    for key in ("kpi", "metrics"):
        if isinstance(entry.get(key), Mapping):
            return parse_record({**entry, "kpi": entry[key]})
    values = {name: value for name, value in entry.items() if name != "epoch"}
    return parse_record({"epoch": entry.get("epoch"), "kpi": values})
