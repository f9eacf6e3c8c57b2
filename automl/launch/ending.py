"""A run that an error ends says so in its ledger, where the disk still takes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from automl.constants import LEDGER_FILE
from automl.errors import AutoMLError
from automl.launch.storage import storage_failure
from automl.trial.ledger import Ledger


@contextmanager
def failure_recorded(folder: Path) -> Iterator[None]:
    """Record that an error ended the run in ``folder``, if one leaves the block.

    Nothing is recorded of a run that was refused before it began or went on.
    """
    ledger = folder / LEDGER_FILE
    before = _size(ledger)
    try:
        yield
    except Exception as error:
        if _size(ledger) > before:
            with suppress(OSError):
                Ledger(ledger).closed("failed", _in_words(error, folder))
        raise


def _in_words(error: Exception, folder: Path) -> str:
    told = storage_failure(error, folder) or error
    return str(told) if isinstance(told, AutoMLError) else f"{type(told).__name__}: {told}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
