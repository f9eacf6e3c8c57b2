"""Where decoded crops live: all in memory when they fit, else read from their files again."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch

from reid_model.data.decode import Pixels, decode
from reid_model.data.memory import memory_budget
from reid_model.errors import DataError

_FAULTS_SHOWN = 10


@dataclass(frozen=True)
class Size:
    """Height, width and channels to which every crop is brought."""

    height: int
    width: int
    channels: int

    @property
    def num_bytes(self) -> int:
        """Bytes of one decoded crop."""
        return self.height * self.width * self.channels


class CropStore(Protocol):
    """Decoded crops by index; ``num_bytes`` are those that it holds in memory."""

    in_memory: bool
    num_bytes: int

    def __len__(self) -> int:
        """How many crops there are."""

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """The crops of ``indices`` as (n, height, width, channels) uint8."""


class MemoryStore:
    """Every crop decoded once into one array."""

    in_memory = True

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = torch.from_numpy(pixels)
        self.num_bytes = pixels.nbytes

    def __len__(self) -> int:
        return len(self._pixels)

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """See CropStore."""
        return self._pixels[torch.as_tensor(indices)]


class FileStore:
    """Crops decoded whenever they are asked for; for sets larger than memory allows."""

    in_memory = False
    num_bytes = 0

    def __init__(self, paths: Sequence[Path], size: Size) -> None:
        self._paths, self._size = tuple(paths), size

    def __len__(self) -> int:
        return len(self._paths)

    def gather(self, indices: Sequence[int]) -> torch.Tensor:
        """See CropStore; raises DataError for a file that changed since the scan."""
        crops = [_decode(self._paths[index], self._size) for index in indices]
        return torch.from_numpy(np.stack(crops))


def open_store(
    paths: Sequence[Path], size: Size, *, workers: int, memory_limit: int | None = None
) -> CropStore:
    """Decode every file once, which is also the scan for broken ones; keep the result if it fits.

    ``memory_limit`` in bytes defaults to :func:`memory_budget`. Raises DataError that names the
    broken files.
    """
    limit = memory_budget() if memory_limit is None else memory_limit
    fits = len(paths) * size.num_bytes <= limit
    pixels = np.empty((len(paths) if fits else 0, *_shape(size)), dtype=np.uint8)

    def load(index: int) -> str | None:
        try:
            crop = _decode(paths[index], size)
        except DataError as exc:
            return str(exc)
        if fits:
            pixels[index] = crop
        return None

    with ThreadPoolExecutor(max(1, min(workers, os.cpu_count() or 1))) as pool:
        faults = [fault for fault in pool.map(load, range(len(paths))) if fault]
    if faults:
        raise _broken(faults)
    return MemoryStore(pixels) if fits else FileStore(paths, size)


def _decode(path: Path, size: Size) -> Pixels:
    return decode(path, height=size.height, width=size.width, channels=size.channels)


def _shape(size: Size) -> tuple[int, int, int]:
    return (size.height, size.width, size.channels)


def _broken(faults: list[str]) -> DataError:
    shown = faults[:_FAULTS_SHOWN]
    if len(faults) > len(shown):
        shown.append(f"and {len(faults) - len(shown)} more")
    return DataError("images cannot be decoded; repair or remove them", shown)
