"""Unpacks archives into the cache, once, and refuses those that are unsafe or too large."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tarfile
import uuid
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from automl.errors import DataSourceError
from automl.trial.data.cache import cache_dir, locked
from automl.trial.data.compression import open_archive

ARCHIVES: Final = (".tar.gz", ".tar.zst", ".tgz", ".tar", ".zip")
_SYSTEM: Final = (".", "__MACOSX")  # what operating systems leave beside the content
MAX_MEMBERS: Final = 5_000_000
MAX_RATIO: Final = 200  # unpacked bytes to packed bytes; images have about 1
SMALL: Final = 2**30  # up to so many unpacked bytes, any ratio is allowed
_MIB: Final = 2**20


def unpack(archive: Path) -> Path:
    """Return the cache folder of an unpacked archive, or the single folder in it.

    It is unpacked unless the cache holds an archive of the same content already.

    Raises:
        DataSourceError: the archive is damaged, is unsafe (members outside the folder, links out
            of it, devices), unpacks to far more than its size, or does not fit the free disk.
    """
    target = cache_dir() / content_digest(archive)
    with locked(target):
        if not target.exists():
            _unpack_into(archive, target)
    entries = [entry for entry in target.iterdir() if not entry.name.startswith(_SYSTEM)]
    return entries[0] if len(entries) == 1 and entries[0].is_dir() else target


def content_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _unpack_into(archive: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".unpack-{uuid.uuid4().hex}")
    scratch.mkdir()
    try:
        _extract(archive, scratch, _Quota(archive, shutil.disk_usage(target.parent).free))
        scratch.rename(target)
    except DataSourceError:
        raise
    except Exception as error:  # each compression has its own errors
        raise DataSourceError(
            f"cannot unpack {archive}: {str(error) or 'it is cut short'}"
        ) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _extract(archive: Path, folder: Path, quota: _Quota) -> None:
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as content:
            for entry in content.infolist():
                quota.take(entry.file_size)
                _check_entry(entry)
                content.extract(entry, folder)
        return
    with open_archive(archive) as stream:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                quota.take(member.size if member.isreg() else 0)
                tar.extract(member, folder, filter="data")
        while stream.read(_MIB):  # up to the compression's checksum at its end
            pass


def _check_entry(entry: zipfile.ZipInfo) -> None:
    """Refuse what a zip file should not hold: links, and paths out of the folder."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if stat.S_ISLNK(entry.external_attr >> 16) or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{entry.filename} is a link, or outside of the archive's folder")


class _Quota:
    """Counts the members and bytes of an archive against the disk and the ratio allowed."""

    def __init__(self, archive: Path, free: int) -> None:
        self._archive = archive
        self._free = free
        self._max_bytes = max(SMALL, MAX_RATIO * archive.stat().st_size)
        self._bytes = self._members = 0

    def take(self, size: int) -> None:
        """Count a member of ``size`` bytes; raise DataSourceError when it exceeds the quota."""
        self._bytes += size
        self._members += 1
        if self._bytes > self._free:
            raise DataSourceError(
                f"{self._archive} does not fit: it unpacks to more than the"
                f" {self._free // _MIB} MiB that are free in the cache"
            )
        if self._bytes > self._max_bytes or self._members > MAX_MEMBERS:
            raise DataSourceError(
                f"{self._archive} unpacks to {self._bytes} bytes in {self._members} members,"
                " far more than its size promises: refused; unpack it yourself if it is right"
            )
