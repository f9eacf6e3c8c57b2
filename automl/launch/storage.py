"""A disk that is full or gone ends a run with one clear error, not with a traceback."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from automl.errors import AutoMLError, RunError
from automl.trial.full_disk import is_full

_STORAGE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ESTALE, errno.ENOTCONN}
)


@contextmanager
def storage_told(folder: Path) -> Iterator[None]:
    """Translate errors of the storage that holds ``folder`` for the block.

    Raises:
        RunError: the storage failed; what was recorded before is safe.
    """
    try:
        yield
    except Exception as error:
        told = storage_failure(error, folder)
        if told is None:
            raise
        raise told from error


def storage_failure(error: Exception, folder: Path) -> RunError | None:
    """Return what to say where the storage of ``folder`` is behind an error, None where not."""
    broken = _storage_error(error) or _full_disk(error, folder)
    if broken is None:
        return None
    return RunError(
        f"the disk of {folder} failed: {broken.strerror}; finished trials are safe: when it works"
        f" again and has room, go on with  automl run --resume {folder}"
    )


def _storage_error(error: BaseException | None) -> OSError | None:
    """The storage error that ``error`` is, was raised from, or came up while it was handled."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _STORAGE:
            return error
        error = error.__cause__ or error.__context__  # Tune raises its own without a cause
    return None


def _full_disk(error: BaseException, folder: Path) -> OSError | None:
    """A full disk behind any other error: Tune reads back what it could not write whole.

    What that raises depends on where the file was cut (EOFError, UnpicklingError, ...), and
    Tune's own errors come as text. Our own errors already say what is wrong.
    """
    if isinstance(error, AutoMLError):
        return None
    told = os.strerror(errno.ENOSPC) in str(error)
    full = told or is_full(folder)
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if full else None
