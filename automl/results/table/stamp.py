"""Says whether a table file is what its run's ledger says, by content and not by time.

Times of files are lost when a run is copied. So a small file beside the tables holds the length and
the checksum of the ledger that they were made from, and their own checksums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from automl.constants import TRIALS_FILE
from automl.results.ledger_file import read_stamp, write_stamp
from automl.results.run import Run
from automl.trial.ledger.writer import has_trial_events

_FORMAT: Final = 2  # of the tables: raised where a column gets another name or type


def stamp_tables(run: Run, names: Sequence[str]) -> None:
    """Record that the tables ``names`` were made from a run's ledger as it was read."""
    folder, ledger = run.folder, run.ledger
    tables = {name: _checksum(_content(folder / name)) for name in names}
    made_from = {"bytes": len(ledger), "sha256": _checksum(ledger)}
    write_stamp(folder, {"format": _FORMAT, "ledger": made_from, "tables": tables})


def is_fresh(run: Run, name: str) -> bool:
    """Return whether the table ``name`` is whole and holds all that the ledger says of trials."""
    stamp, ledger = read_stamp(run.folder), run.ledger
    if stamp.get("format") != _FORMAT or name not in stamp["tables"]:
        return False
    length = stamp["ledger"]["bytes"]
    return (
        _checksum(ledger[:length]) == stamp["ledger"]["sha256"]
        and not has_trial_events(ledger, length)
        and _checksum(_content(run.folder / name)) == stamp["tables"][name]
    )


def check_run(run: Run) -> None:
    """Raise InputError where a run's plan or ledger cannot be read.

    A ledger that its tables were made from is known by its checksum, and not read line by line.
    """
    _ = run.plan
    if not is_fresh(run, TRIALS_FILE):
        run.check()


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
