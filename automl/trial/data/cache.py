"""The data cache of this machine: its folder, and a lock for each of its entries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from automl.errors import InputError
from automl.home import can_write, user_cache

CACHE_VARIABLE: Final = "AUTOML_CACHE_DIR"
LOCK_MODE: Final = 0o600  # other users of the machine cannot hold the lock


def cache_dir() -> Path:
    """Return the cache folder: ``$AUTOML_CACHE_DIR``, else one in the user's cache folder."""
    configured = os.environ.get(CACHE_VARIABLE)
    return Path(configured) if configured else user_cache() / "automl" / "data"


def use_cache_dir(folder: Path) -> None:
    """Make ``folder`` the data cache of this process and of the processes that it starts.

    Raises:
        InputError: the folder cannot be created or written.
    """
    if not can_write(folder):
        raise InputError(f"--cache-dir {folder} is no folder to write into, and cannot be made")
    os.environ[CACHE_VARIABLE] = str(folder)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of one cache entry during the ``with`` block; create the cache folder.

    Raises:
        InputError: the cache folder cannot be created or written.
    """
    if not can_write(target.parent):
        raise InputError(
            f"the data cache {target.parent} cannot be written: name another folder with"
            f" --cache-dir or in {CACHE_VARIABLE}"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target.parent / f".{target.name}.lock"), mode=LOCK_MODE):
        yield
