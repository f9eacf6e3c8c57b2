"""Says whether a table file is what its run's ledger says, by content and not by time.

Times of files are lost when a run is copied. So a small file beside the tables holds the length and
the checksum of the ledger that they were made from, and their own checksums.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from automl.results.run import Run
from automl.set_aside import put
from automl.trial.ledger import parse_ledger
from automl.trial.ledger_events import TrialEvent

STAMP_FILE: Final = ".tables.json"


def stamp_tables(run: Run, names: Sequence[str]) -> None:
    """Record that the tables ``names`` were made from a run's ledger as it was read."""
    folder, ledger = run.folder, run.ledger
    stamp = {
        "ledger": {"bytes": len(ledger), "sha256": _checksum(ledger)},
        "tables": {name: _checksum(_content(folder / name)) for name in names},
    }
    unfinished = folder / f"{STAMP_FILE}.tmp"
    unfinished.write_text(json.dumps(stamp))
    put(unfinished, folder / STAMP_FILE)


def is_fresh(run: Run, name: str) -> bool:
    """Return whether the table ``name`` is whole and holds all that the ledger says of trials."""
    try:
        stamp = json.loads(_content(run.folder / STAMP_FILE))
        length, made_from = stamp["ledger"]["bytes"], stamp["ledger"]["sha256"]
        table = stamp["tables"][name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return False
    return (
        type(length) is int
        and _checksum(run.ledger[:length]) == made_from
        and not any(isinstance(event, TrialEvent) for event in parse_ledger(run.ledger[length:]))
        and _checksum(_content(run.folder / name)) == table
    )


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
