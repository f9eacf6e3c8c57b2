"""A run that an error ends says so in its ledger, where the disk still takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from automl.constants import LEDGER_FILE
from automl.errors import AutoMLError
from automl.launch.storage import storage_failure
from automl.trial.ledger import CLOSED, Ledger, read_ledger
from automl.trial.secrets import mask


@contextmanager
def failure_recorded(folder: Path) -> Iterator[None]:
    """Record that an error ended the run in ``folder``, if one leaves the block.

    Nothing is recorded of a run that was refused before it began or went on, and no error twice.
    """
    ledger = folder / LEDGER_FILE
    before = _whole_lines(ledger)
    try:
        yield
    except Exception as error:
        with suppress(OSError):
            if _whole_lines(ledger) > before:
                _record(ledger, _in_words(error, folder))
        raise


def _record(ledger: Path, reason: str) -> None:
    last = read_ledger(ledger)[-1]
    if (last["event"], last.get("reason")) != (CLOSED, mask(reason)):
        Ledger(ledger).closed("failed", reason)


def _in_words(error: Exception, folder: Path) -> str:
    told = storage_failure(error, folder) or error
    return str(told) if isinstance(told, AutoMLError) else f"{type(told).__name__}: {told}"


def _whole_lines(path: Path) -> int:
    """How many events are recorded; a line that a death tore, which is cut off later, is none."""
    return path.read_bytes().count(b"\n") if path.exists() else 0
