"""The file behind a study: an Optuna journal that is flushed to the disk only where it matters.

Optuna flushes every entry, and a suggestion is one entry for each parameter: with 1,000 trials that
cost nothing the flushes took most of a sweep's time. A killed process loses nothing that it wrote,
flushed or not; only a machine that loses power does. After that a study must still have every
suggestion whose trial started, so :meth:`SweepJournal.sync` is called after each. Metrics and ends
of trials are in the run's ledger, from which :mod:`automl.sweep.restore` reports them again.

Each entry ends with a number and a checksum, which Optuna takes for keys that it does not know.
Those of earlier versions, and of other programs that write to the file, have none.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from automl.checked_yaml import damaged
from automl.partial_line import cut_torn_line

_NUMBER: Final = b',"n":'
_CHECKSUM: Final = b',"crc":'


class JournalError(OSError):
    """An entry cannot be written whole: nothing may follow it."""


class SweepJournal(JournalFileBackend):  # type: ignore[misc]
    """A journal file whose entries are written at once and flushed to the disk on demand.

    It has no lock of its own: a run has one driver.
    """

    def __init__(self, path: Path) -> None:
        """Open ``path``, made when missing; the partial line of a killed driver is cut off.

        Raises:
            DamagedFileError: it is no file, or an entry in it is not what was written.
        """
        if os.path.lexists(path) and not path.is_file():
            raise damaged(path, "it is no file")
        cut_torn_line(path)
        self._path = path
        self._numbers = count(check_journal(path))
        super().__init__(str(path))

    def append_logs(self, logs: Sequence[Mapping[str, Any]]) -> None:
        """Write entries without a flush: they outlive this process, not a loss of power.

        Raises:
            JournalError: the disk is full, or gone.
        """
        content = b"".join(_line(log, next(self._numbers)) for log in logs)
        try:
            with self._path.open("ab") as stream:
                stream.write(content)
        except OSError as error:
            raise JournalError(error.errno, error.strerror, str(self._path)) from error

    def sync(self) -> None:
        """Flush everything written to the disk."""
        with self._path.open("rb") as stream:
            os.fsync(stream.fileno())


def check_journal(path: Path) -> int:
    """Return the number of the next entry of a journal, 0 where the file is missing.

    Raises:
        DamagedFileError: an entry is not what was written, or one is lost.
    """
    content = path.read_bytes() if path.exists() else b""
    due = 0
    for place, line in enumerate(content.split(b"\n"), start=1):
        head, mark, checksum = line.rpartition(_CHECKSUM)
        if not mark:
            continue
        number = head.rpartition(_NUMBER)[2]
        if checksum != _closing(head) or number != b"%d" % due:
            raise damaged(path, f"line {place} is not what was written, or one before it is lost")
        due += 1
    return due


def open_study(journal: SweepJournal, name: str, directions: Sequence[str]) -> optuna.Study:
    """Return the study in a journal, made when missing.

    Raises:
        ValueError: it has other directions.
    """
    study = optuna.create_study(
        storage=JournalStorage(journal),
        study_name=name,
        directions=directions,
        load_if_exists=True,
    )
    if [each.name.lower() for each in study.directions] != [*directions]:
        raise ValueError("its study has other directions")
    return study


@contextmanager
def journal_damage_explained(path: Path) -> Iterator[None]:
    """Translate what Optuna raises where a journal holds what it did not write.

    Raises:
        DamagedFileError: it did.
    """
    try:
        yield
    except OSError:
        raise
    except Exception as error:  # of any type: Optuna takes entries as they are
        raise damaged(path, f"{type(error).__name__}: {error}") from error


def _line(log: Mapping[str, Any], number: int) -> bytes:
    head = json.dumps({**log, "n": number}, separators=(",", ":")).encode()[:-1]
    return head + _CHECKSUM + _closing(head) + b"\n"


def _closing(head: bytes) -> bytes:
    """The checksum of an entry, and the end of its line."""
    return b'"%08x"}' % zlib.crc32(head)
