"""Lists and clears the cache of decoded images, for `re_identification cache`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from reid_model.data.cache import CropCache, Entry, cache_folder
from reid_model.errors import DataError

_GB = 10**9
_MB = 10**6
_HEADERS = ("images", "h x w x c", "MB", "last used", "in use", "from")
_SIDES = (">", ">", ">", "<", "<")  # of all but the last column


def show(folder: str) -> None:
    """Print every file of the cache in the folder ``folder``, or the machine's.

    Raises DataError for what cannot be read.
    """
    cache = CropCache(cache_folder(folder), 0)
    try:
        found = cache.entries()
    except OSError as exc:
        raise DataError(f"{exc.filename or cache.folder} cannot be read: {exc.strerror}") from exc
    print(_table(found), end="")
    print(f"{_summary(found)} in {cache.folder}")


def clear(folder: str) -> None:
    """Remove every file that no run uses; raises DataError for a folder that cannot be written."""
    cache = CropCache(cache_folder(folder), 0)
    try:
        removed, left = cache.clear(), cache.entries()
    except OSError as exc:
        raise DataError(f"{cache.folder} cannot be cleared: {exc.strerror}") from exc
    print(f"removed {_summary(removed)} from {cache.folder}")
    if left:
        print(f"left {_summary(left)} in use")


def _table(found: Sequence[Entry]) -> str:
    """One line a file; the last column is the source folder, which is never shortened."""
    rows = [_HEADERS, *map(_row, found)] if found else []
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    sides = zip(widths, _SIDES, strict=False)
    form = "  ".join(f"{{:{side}{width}}}" for width, side in sides)
    return "".join(f"{form.format(*row)}  {row[-1]}\n" for row in rows)


def _row(entry: Entry) -> tuple[str, ...]:
    used = f"{datetime.fromtimestamp(entry.last_used):%Y-%m-%d %H:%M}"
    header, size = entry.header, f"{entry.num_bytes / _MB:.1f}"
    if header is None:
        return "-", "-", size, used, "-", f"not whole, never used: {entry.path.name}"
    shape = "x".join(map(str, header.size.shape))
    return str(header.count), shape, size, used, "yes" if entry.in_use else "no", header.source


def _summary(entries: Sequence[Entry]) -> str:
    count = sum(entry.num_bytes for entry in entries)
    return f"{len(entries)} file{'' if len(entries) == 1 else 's'}, {count / _GB:.3f} GB,"
