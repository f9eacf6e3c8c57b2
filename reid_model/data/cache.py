"""The cache of decoded crops that all runs of a machine share; least recently used goes first.

A data set at one size is one file (:mod:`reid_model.data.crop_file`), named by a hash of its
sources. One process builds at a time: it holds a file lock, which its death releases, writes to a
temporary name and renames the complete file. Other processes wait for the lock and use the result.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from reid_model.config.dataset import DatasetConfig
from reid_model.data.crop_file import (
    CropFile,
    CropHeader,
    Keep,
    NotACropFile,
    read_header,
    write_crops,
)
from reid_model.home import user_cache

VARIABLE = "RE_IDENTIFICATION_CACHE"
_SUFFIX, _PARTIAL, _LOCK = ".crops", ".partial", ".lock"
_GB = 10**9
_SPARE = _GB  # left free on the disk


class CacheUnusable(Exception):
    """Why the cache cannot be used; training works without it."""


@dataclass(frozen=True)
class Entry:
    """One file of the cache; ``header`` is None for an incomplete file."""

    path: Path
    num_bytes: int
    last_used: float
    in_use: bool
    header: CropHeader | None


def cache_folder(folder: str = "") -> Path:
    """``folder`` if given, else ``$RE_IDENTIFICATION_CACHE``, else in the user's cache."""
    folder = folder or os.environ.get(VARIABLE, "")
    if folder:
        return Path(os.path.expanduser(folder)).absolute()
    return user_cache() / "re_identification"


def cache_of(data: DatasetConfig) -> CropCache:
    """The cache of a spec."""
    return CropCache(cache_folder(data.cache_dir), int(data.cache_limit_gb * _GB))


@dataclass(frozen=True)
class CropCache:
    """The files below ``folder``, together at most ``limit`` bytes."""

    folder: Path
    limit: int

    def opened(self, header: CropHeader, fill: Callable[[Keep], object]) -> CropFile:
        """The file of ``header``, built by ``fill`` if it is not there.

        Raises CacheUnusable if it can be neither read nor built, and what ``fill`` raises.
        """
        if header.num_bytes > self.limit:
            raise CacheUnusable(
                f"{_gb(header.num_bytes)} of crops are more than dataset.cache_limit_gb "
                f"{self.limit / _GB:g}"
            )
        try:
            return self._found(header) or self._locked(header, fill)
        except (OSError, NotImplementedError) as exc:  # the latter: a file system without locks
            reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
            raise CacheUnusable(f"{self.folder}: {reason}") from exc

    def _locked(self, header: CropHeader, fill: Callable[[Keep], object]) -> CropFile:
        # Pictures of people: private, unless the user creates the folder with other rights.
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(self.folder / _LOCK):
            return self._found(header) or self._built(header, fill)

    def _found(self, header: CropHeader) -> CropFile | None:
        path = self._path(header)
        try:
            file = CropFile(path)
        except (FileNotFoundError, NotACropFile):
            return None
        if file.header.key != header.key:
            return None
        with suppress(OSError):  # another user's file, or just removed: it can still be read
            os.utime(path)  # when it was last used
        return file

    def _built(self, header: CropHeader, fill: Callable[[Keep], object]) -> CropFile:
        for left in self.folder.glob(f"*{_PARTIAL}"):  # of a build that was killed
            left.unlink()
        self._make_room(header.num_bytes)
        path = self._path(header)
        partial = path.with_suffix(_PARTIAL)
        try:
            write_crops(partial, header, fill)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        _sync(self.folder)
        return CropFile(path)

    def _path(self, header: CropHeader) -> Path:
        return self.folder / f"{header.key}{_SUFFIX}"

    def _make_room(self, needed: int) -> None:
        """Remove the least recently used files until ``needed`` bytes fit."""
        entries = self.entries()
        total = sum(entry.num_bytes for entry in entries)
        free = shutil.disk_usage(self.folder).free - _SPARE
        evictable = [entry for entry in entries if not entry.in_use]
        most = sum(entry.num_bytes for entry in evictable)
        if needed > self.limit - total + most:
            raise CacheUnusable(
                f"{self.folder} has no room for {_gb(needed)}: {_gb(total - most)} of at most "
                f"{self.limit / _GB:g} GB (dataset.cache_limit_gb) are in use"
            )
        if needed > free + most:
            raise CacheUnusable(f"{self.folder} has no room for {_gb(needed)}: the disk is full")
        for entry in evictable:
            if needed <= min(self.limit - total, free):
                return
            if _removed(entry.path):
                total, free = total - entry.num_bytes, free + entry.num_bytes

    def entries(self) -> list[Entry]:
        """All files of the cache, least recently used first."""
        found = [_entry(path) for path in self.folder.glob(f"*{_SUFFIX}")]
        return sorted((entry for entry in found if entry), key=lambda entry: entry.last_used)

    def clear(self) -> list[Entry]:
        """Remove every file that no run uses; returns what was removed. Raises OSError."""
        if not self.folder.is_dir():
            return []
        with FileLock(self.folder / _LOCK):
            for left in self.folder.glob(f"*{_PARTIAL}"):
                left.unlink()
            return [entry for entry in self.entries() if _removed(entry.path)]


def _entry(path: Path) -> Entry | None:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            try:
                header = read_header(file)
            except NotACropFile:
                header = None
            in_use = not _try_lock(file.fileno())
    except FileNotFoundError:  # removed meanwhile
        return None
    return Entry(path, status.st_size, status.st_mtime, in_use, header)


def _removed(path: Path) -> bool:
    """Remove a file unless somebody reads it; who opened it in this moment reads on undisturbed."""
    with path.open("rb") as file:
        free = _try_lock(file.fileno())
        if free:
            path.unlink()
        return free


def _try_lock(descriptor: int) -> bool:
    """Whether the file could be locked for this process alone, until it is closed."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sync(folder: Path) -> None:
    """Bring the folder's own entries to the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _gb(count: int) -> str:
    return f"{count / _GB:.2f} GB"
