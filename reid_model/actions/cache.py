"""A look into the cache of decoded images, and its clearing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from reid_model.data.cache import CropCache, Entry, cache_folder
from reid_model.errors import DataError

_GB = 10**9


def show(told: str) -> None:
    """Print every file of the cache in the folder ``told``, or the machine's.

    Raises DataError for what cannot be read.
    """
    cache = CropCache(cache_folder(told), 0)
    try:
        found = cache.entries()
    except OSError as exc:
        raise DataError(f"{exc.filename or cache.folder} cannot be read: {exc.strerror}") from exc
    if found:
        Console(width=None if os.isatty(1) else 200).print(_table(found))
    print(f"{_said(found)} in {cache.folder}")


def clear(told: str) -> None:
    """Remove every file that no run uses; raises DataError for a folder that cannot be written."""
    cache = CropCache(cache_folder(told), 0)
    try:
        removed, left = cache.clear(), cache.entries()
    except OSError as exc:
        raise DataError(f"{cache.folder} cannot be cleared: {exc.strerror}") from exc
    print(f"removed {_said(removed)} from {cache.folder}")
    if left:
        print(f"left {_said(left)} in use")


def _table(found: Sequence[Entry]) -> Table:
    columns = ("images", "height x width x channels", "GB", "last used", "in use", "from")
    table = Table(*columns, box=None)
    for entry in found:
        table.add_row(*_row(entry))
    return table


def _row(entry: Entry) -> tuple[str, ...]:
    used = f"{datetime.fromtimestamp(entry.last_used):%Y-%m-%d %H:%M}"
    facts, size = entry.facts, f"{entry.num_bytes / _GB:.3f}"
    if facts is None:
        return "-", "-", size, used, "-", f"not whole, never used: {entry.path.name}"
    shape = " x ".join(map(str, facts.size.shape))
    return str(facts.count), shape, size, used, "yes" if entry.in_use else "no", facts.source


def _said(entries: Sequence[Entry]) -> str:
    count = sum(entry.num_bytes for entry in entries)
    return f"{len(entries)} file{'' if len(entries) == 1 else 's'}, {count / _GB:.3f} GB,"
