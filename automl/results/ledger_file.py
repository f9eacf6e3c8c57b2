"""Reads a run's ledger, and tells where it, or its end, is lost beside other files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from automl.constants import EPOCHS_FILE, LEDGER_FILE, TRIALS_FILE, TRIALS_FOLDER
from automl.errors import DamagedLedgerError, InputError
from automl.set_aside import put

STAMP_FILE: Final = ".tables.json"  # of which ledger the tables were made


def ledger_content(folder: Path, *, whole: bool = True) -> bytes:
    """Return the content of a run's ledger; empty where the run has not begun.

    ``whole``: whether its end must be there.

    Raises:
        InputError: it is missing or empty beside files that came after it.
        DamagedLedgerError: it ends before what the tables were made of.
    """
    path = folder / LEDGER_FILE
    if path.exists() and not path.is_file():
        raise InputError(f"{path} is no file: copy the run's ledger from where the run was made")
    content = path.read_bytes() if path.is_file() else b""
    if b"\n" not in content and (later := _written_later(folder)):
        raise InputError(_lost_words(path, later))
    if whole and len(content) < (made_from := stamped_length(folder)):
        raise DamagedLedgerError(
            f"{path} ends before what the tables were made of ({len(content)} of {made_from} bytes)"
            ": copy it from where the run was made, or go on with what is there:"
            f"  automl repair {shlex.quote(str(folder))}"
        )
    return content


def _written_later(folder: Path) -> str:
    """The name of a file that a run writes after its ledger has begun; empty where none is."""
    names = [name for name in (TRIALS_FILE, EPOCHS_FILE) if (folder / name).exists()]
    trials = sorted((folder / TRIALS_FOLDER).glob("[0-9]*"))
    return next(iter([*names, *(f"{TRIALS_FOLDER}/{each.name}" for each in trials)]), "")


def _lost_words(path: Path, later: str) -> str:
    lost = "empty" if path.exists() else "missing"
    alone = f"; {later} alone is read by pandas" if later.endswith(".parquet") else ""
    return (
        f"{path.parent}: {path.name} is {lost} beside {later}: copy it from where the run was"
        f" made{alone}"
    )


def write_stamp(folder: Path, stamp: Mapping[str, Any]) -> None:
    """Record of which ledger a run's tables were made, atomically; the record has a checksum."""
    unfinished = folder / f"{STAMP_FILE}.tmp"
    unfinished.write_text(json.dumps({**stamp, "crc": _checksum(stamp)}))
    put(unfinished, folder / STAMP_FILE)


def read_stamp(folder: Path) -> dict[str, Any]:
    """Return what is recorded of a run's tables; empty where nothing is, or it is damaged."""
    path = folder / STAMP_FILE
    try:
        found = json.loads(path.read_bytes()) if path.is_file() else {}
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    stamp = {key: value for key, value in found.items() if key != "crc"}
    return stamp if found.get("crc") == _checksum(stamp) else {}


def _checksum(stamp: Mapping[str, Any]) -> int:
    return crc32(json.dumps(stamp, sort_keys=True).encode())


def stamped_length(folder: Path) -> int:
    """Return the length of the ledger that a run's tables were made of; 0 where not known."""
    stamp = read_stamp(folder)
    return int(stamp["ledger"]["bytes"]) if stamp else 0
