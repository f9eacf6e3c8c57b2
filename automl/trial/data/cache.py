"""This machine's data cache: where it lies, and the locks that its entries are made under."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

from automl.errors import InputError

CACHE_VARIABLE: Final = "AUTOML_CACHE_DIR"


LOCK_MODE: Final = 0o600


def cache_dir() -> Path:
    """Return the machine's data cache: ``$AUTOML_CACHE_DIR``, else in the user's cache folder."""
    told = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(told) if told else Path(base) / "automl" / "data"


def use_cache_dir(folder: Path) -> None:
    """Make ``folder`` the data cache of this process and of those that it starts.

    Raises:
        InputError: there can be no such folder to write into.
    """
    parent = next(path for path in (folder, *folder.parents) if path.exists())
    if not parent.is_dir() or not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"--cache-dir {folder}: {parent} is no folder to write into")
    os.environ[CACHE_VARIABLE] = str(folder)


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of one entry of the cache for the block; its folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target.parent / f".{target.name}.lock"), mode=LOCK_MODE):
        yield
