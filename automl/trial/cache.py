"""This machine's data cache: where it lies, and the locks that its entries are made under."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from filelock import FileLock

CACHE_VARIABLE: Final = "AUTOML_CACHE_DIR"
LOCK_MODE: Final = 0o600


def cache_dir() -> Path:
    """Return the machine's data cache: ``$AUTOML_CACHE_DIR``, else in the user's cache folder."""
    told = os.environ.get(CACHE_VARIABLE)
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(told) if told else Path(base) / "automl" / "data"


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of one entry of the cache for the block; its folder is made."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(str(target.parent / f".{target.name}.lock"), mode=LOCK_MODE):
        yield
