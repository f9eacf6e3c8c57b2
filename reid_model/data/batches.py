"""DataLoaders over decoded crops: a batch is gathered at once and augmented on the device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from reid_model.data.store import CropStore


class Batch(NamedTuple):
    """Crops (n, height, width, channels) uint8 and their places in the split (n,)."""

    crops: torch.Tensor
    indices: torch.Tensor


class CropDataset(Dataset[Batch]):
    """Batches of a store by lists of indices."""

    def __init__(self, store: CropStore) -> None:
        self._store = store

    def __len__(self) -> int:
        return len(self._store)

    def __getitem__(self, index: int) -> Batch:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """One batch; torch's fetcher calls this with all indices of a batch at once."""
        return Batch(self._store.gather(indices), torch.as_tensor(indices))


class EvenBatches(Sampler[list[int]]):
    """All of ``count`` crops in batches of ``size``; the last may be smaller.

    Each device has every ``world_size``-th crop. All have equally many: if the division leaves a
    remainder, some repeat their last (or, without any, the first) crop.
    """

    def __init__(self, count: int, size: int, *, rank: int = 0, world_size: int = 1) -> None:
        mine = list(range(rank, count, world_size)) or [0]
        self._mine = mine + mine[-1:] * (-(-count // world_size) - len(mine))
        self._size = size

    def __len__(self) -> int:
        return -(-len(self._mine) // self._size)

    def __iter__(self) -> Any:
        for start in range(0, len(self._mine), self._size):
            yield self._mine[start : start + self._size]


def loader(
    store: CropStore, batches: Sampler[list[int]], *, workers: int, pin: bool
) -> DataLoader[Batch]:
    """A DataLoader; crops that already lie in memory are gathered without worker processes."""
    workers = 0 if store.in_memory else workers
    return DataLoader(
        CropDataset(store),
        batch_sampler=batches,
        collate_fn=_as_it_is,
        num_workers=workers,
        persistent_workers=workers > 0,
        pin_memory=pin,
        generator=torch.Generator(),
    )


def _as_it_is(batch: Any) -> Any:
    return batch
