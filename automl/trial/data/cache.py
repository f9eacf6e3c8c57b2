"""The data cache of this machine: its folder, and a lock for each of its entries."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from automl.errors import InputError

CACHE_VARIABLE: Final = "AUTOML_CACHE_DIR"
LOCK_MODE: Final = 0o600  # other users of the machine cannot hold the lock


def cache_dir() -> Path:
    """Return the cache folder: ``$AUTOML_CACHE_DIR``, else one in the user's cache folder."""
    configured = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(configured) if configured else Path(base) / "automl" / "data"


def use_cache_dir(folder: Path) -> None:
    """Make ``folder`` the data cache of this process and of the processes that it starts.

    Raises:
        InputError: the folder cannot be created or written.
    """
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"--cache-dir {folder}: {parent} is no folder to write into")
    os.environ[CACHE_VARIABLE] = str(folder)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of one cache entry during the ``with`` block; create the cache folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target.parent / f".{target.name}.lock"), mode=LOCK_MODE):
        yield
