"""Stores of decoded crops: from the machine's cache, or decoded from files each time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache as remembered
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from reid_model.data.cache import VARIABLE, CacheUnusable, CropCache
from reid_model.data.crop_file import CropFile, CropHeader, Keep
from reid_model.data.decode import Pixels, decode
from reid_model.data.size import Size
from reid_model.errors import DataError

_FAULTS_SHOWN = 10
# Part of the cache key: change it when decode() changes its result.
_MADE_BY = "decode 1, bilinear"


class CropStore(Protocol):
    """Decoded crops by index; ``note`` is for people, for instance that no cache is in use."""

    in_memory: bool
    note: str | None

    def __len__(self) -> int:
        """How many crops there are."""

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """The crops of ``indices`` as (n, height, width, channels) uint8."""


class CachedStore:
    """Crops decoded once on this machine and mapped into memory."""

    in_memory = True
    note: str | None = None

    def __init__(self, file: CropFile) -> None:
        self._pixels = file.pixels

    def __len__(self) -> int:
        return len(self._pixels)

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """See CropStore."""
        return torch.from_numpy(np.take(self._pixels, indices, axis=0))


class FileStore:
    """Crops that are decoded on every access."""

    in_memory = False

    def __init__(self, paths: Sequence[Path], size: Size, note: str | None = None) -> None:
        self._paths, self._size, self.note = tuple(paths), size, note

    def __len__(self) -> int:
        return len(self._paths)

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """See CropStore; raises DataError for a file that changed since the scan."""
        crops = [_decode(self._paths[index], self._size) for index in indices]
        return torch.from_numpy(np.stack(crops))


class PartOfStore:
    """Some crops of another store, in an order of their own."""

    def __init__(self, whole: CropStore, places: Sequence[int]) -> None:
        self._whole, self._places = whole, tuple(places)
        self.in_memory, self.note = whole.in_memory, whole.note

    def __len__(self) -> int:
        return len(self._places)

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """See CropStore."""
        return self._whole.gather([self._places[index] for index in indices])


def open_store(paths: Sequence[Path], size: Size, cache: CropCache | None) -> CropStore:
    """The crops of ``paths`` from the cache, after a first decoding that finds broken files.

    Without a cache, or if it cannot be used (the store's note says so), every file is decoded
    once to find broken ones and again on every access. Raises DataError that names the broken
    files.
    """
    if cache is None or not cache.limit:
        decode_all(paths, size)
        return FileStore(paths, size)
    try:
        file = cache.opened(header_of(paths, size), lambda keep: decode_all(paths, size, keep))
    except CacheUnusable as exc:
        decode_all(paths, size)
        return FileStore(paths, size, _unusable_cache_warning(exc))
    return CachedStore(file)


def header_of(paths: Sequence[Path], size: Size) -> CropHeader:
    """The header of these crops' file; its key changes with every image's place, size and time."""
    folder = remembered(os.path.realpath)
    digest = hashlib.sha256(repr((_MADE_BY, size.shape)).encode())
    for path in paths:
        name = os.path.join(folder(path.parent), path.name)
        digest.update(os.fsencode(f"\0{name}\0{_version(path)}"))
    source = os.path.commonpath([folder(path.parent) for path in paths])
    return CropHeader(digest.hexdigest()[:40], source, len(paths), size)


def _version(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:  # decoding reports the reason
        return "missing"
    return f"{status.st_size} {status.st_mtime_ns}"


def decode_all(paths: Sequence[Path], size: Size, keep: Keep | None = None) -> None:
    """Decode every file on all cores and hand the crops to ``keep``.

    Threads, because Pillow decodes and resizes without Python's lock. Raises DataError that names
    the broken files.
    """

    def load(index: int) -> str | None:
        try:
            crop = _decode(paths[index], size)
        except DataError as exc:
            return str(exc)
        if keep:
            keep(index, crop)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = [fault for fault in pool.map(load, range(len(paths))) if fault]
    if faults:
        raise _broken(faults)


def _decode(path: Path, size: Size) -> Pixels:
    return decode(path, height=size.height, width=size.width, channels=size.channels)


def _broken(faults: list[str]) -> DataError:
    shown = faults[:_FAULTS_SHOWN]
    if len(faults) > len(shown):
        shown.append(f"and {len(faults) - len(shown)} more")
    return DataError("images cannot be decoded; repair or remove them", shown)


def _unusable_cache_warning(reason: CacheUnusable) -> str:
    return (
        f"WARNING: images are decoded anew each time ({reason}); set dataset.cache_dir or "
        f"${VARIABLE} to a folder with room, or raise dataset.cache_limit_gb"
    )
