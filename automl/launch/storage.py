"""A disk that is full or gone ends a run with one clear error, not with a traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from automl.errors import RunError

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
        if (broken := _storage_error(error)) is None:
            raise
        raise RunError(
            f"the disk of {folder} failed: {broken.strerror}; finished trials are safe: when it"
            f" works again and has room, go on with  automl run --resume {folder}"
        ) from error


def _storage_error(error: BaseException | None) -> OSError | None:
    """The storage error that ``error`` is, or was raised from."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _STORAGE:
            return error
        error = error.__cause__
    return None
