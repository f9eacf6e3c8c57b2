"""A disk that is full, gone or read-only ends a run with one clear error, not with a traceback.

A run that an error ends says so in its ledger, where the disk still takes it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from automl.constants import LEDGER_FILE, RunStatus
from automl.errors import AutoMLError, InputError, RunError
from automl.trial.files.disk import full_folder, is_full
from automl.trial.ledger.events import ClosedEvent
from automl.trial.ledger.writer import Ledger, read_ledger
from automl.trial.secrets import mask

_STORAGE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN}
)
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_RIGHTS: Final = frozenset({errno.EACCES, errno.EPERM})


@contextmanager
def storage_errors_explained(folder: Path) -> Iterator[None]:
    """Translate errors of the storage that holds ``folder`` for the block.

    Raises:
        RunError: the storage failed; what was recorded before is safe.
    """
    try:
        yield
    except Exception as error:
        failure = storage_failure(error, folder)
        if failure is None:
            raise
        raise failure from error


def storage_failure(error: Exception, folder: Path) -> RunError | None:
    """Return the error to raise where the storage of ``folder`` caused ``error``, else None."""
    broken = _storage_error(error, folder) or _full_disk(error, folder)
    if broken is None:
        return None
    if broken.errno in (errno.EROFS, *_RIGHTS):
        return RunError(
            f"this user (uid {os.getuid()}) may write to {folder} no longer: {broken.strerror};"
            " finished trials are safe: when it may again, go on with "
            f" automl run --resume {folder}"
        )
    return RunError(
        f"the disk of {_place(broken, folder)} failed: {broken.strerror}; finished trials are safe:"
        f" when it works again and has room, go on with  automl run --resume {folder}"
    )


@contextmanager
def disk_errors_explained(folder: Path) -> Iterator[None]:
    """Translate errors of the disk for a command that writes into the run in ``folder``.

    Raises:
        RunError: the disk is full or failed.
    """
    try:
        yield
    except OSError as error:
        failure = command_failure(error, folder)
        if failure is None:
            raise
        raise failure from error


def command_failure(error: OSError, folder: Path | None = None) -> RunError | None:
    """Return the error to raise where the disk failed under a command that runs nothing.

    None where ``error`` is another one. ``folder`` is what the command writes into.
    """
    if error.errno not in _STORAGE:
        return None
    place = error.filename or full_folder(folder) or folder
    where = f"the disk of {place}" if place else "a disk"
    return RunError(
        f"{where} failed: {os.strerror(error.errno)}: when it works again and has room, give the"
        " same command again"
    )


def _place(error: OSError, folder: Path) -> str | Path:
    """The place whose disk failed: the run's folder, unless that has room and another has none."""
    if error.errno not in _FULL or is_full(folder):
        return folder
    return full_folder() or folder


def _storage_error(error: BaseException | None, folder: Path) -> OSError | None:
    """Return the storage error among ``error`` and the errors that led to it, None without one.

    A file that may not be written counts where it is one of the run's and no error of ours says so.
    """
    explained = False
    while error is not None:
        explained = explained or isinstance(error, AutoMLError)
        if isinstance(error, OSError) and error.errno in _STORAGE:
            return error
        if isinstance(error, OSError) and not explained and _is_refused_inside(error, folder):
            return error
        error = error.__cause__ or error.__context__  # Tune raises its own without a cause
    return None


def _is_refused_inside(error: OSError, folder: Path) -> bool:
    if error.errno not in _RIGHTS or not isinstance(error.filename, str | bytes):
        return False
    return Path(os.fsdecode(error.filename)).absolute().is_relative_to(folder.absolute())


def _full_disk(error: BaseException, folder: Path) -> OSError | None:
    """Return the error of a full disk, if the disk is full and ``error`` is none of ours.

    On a full disk Tune writes files in part and later fails to read them, with errors of many types
    (EOFError, UnpicklingError, ...) or with a text; ours already say what is wrong.
    """
    if isinstance(error, AutoMLError):
        return None
    full = os.strerror(errno.ENOSPC) in str(error) or full_folder(folder) is not None
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if full else None


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
        with suppress(OSError, InputError):  # the first error counts, not a damaged ledger's
            if _whole_lines(ledger) > before:
                _record(ledger, _reason(error, folder))
        raise


def _record(ledger: Path, reason: str) -> None:
    last = read_ledger(ledger)[-1]
    if not isinstance(last, ClosedEvent) or last.reason != mask(reason):
        Ledger(ledger).closed(RunStatus.FAILED, reason)


def _reason(error: Exception, folder: Path) -> str:
    error = storage_failure(error, folder) or error
    return str(error) if isinstance(error, AutoMLError) else f"{type(error).__name__}: {error}"


def _whole_lines(path: Path) -> int:
    """Return how many complete lines the ledger holds."""
    return path.read_bytes().count(b"\n") if path.exists() else 0
