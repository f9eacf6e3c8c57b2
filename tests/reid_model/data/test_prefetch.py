"""Batches fetched ahead are the loader's own, in its order."""

from __future__ import annotations

import multiprocessing
import threading

import numpy as np
import pytest
import torch

from reid_model.data.batches import Batch, EvenBatches, loader
from reid_model.data.prefetch import Prefetcher
from reid_model.data.sampler import ShuffledBatches

SHAPE = (4, 2, 3)


class _Numbers:
    """Crops that show their own number; ``fails_at`` is a file that changed since the scan."""

    in_memory = True
    note: str | None = None

    def __init__(self, count: int, fails_at: int = -1) -> None:
        self._count, self._fails_at = count, fails_at

    def __len__(self) -> int:
        return self._count

    def gather(self, indices: list[int]) -> torch.Tensor:
        if self._fails_at in indices:
            raise ValueError("changed")
        return torch.from_numpy(np.stack([np.full(SHAPE, index, np.uint8) for index in indices]))


def _ahead(count: int, *, fails_at: int = -1, to_gpu: bool = False) -> Prefetcher:
    batches = EvenBatches(count, 3)
    found = loader(_Numbers(count, fails_at), batches, workers=0, pin=to_gpu)
    return Prefetcher(found, to_gpu=to_gpu)


def _places(batches: list[Batch]) -> list[int]:
    assert all((batch.crops[:, 0, 0, 0].cpu() == batch.indices).all() for batch in batches)
    return [int(index) for batch in batches for index in batch.indices]


@pytest.mark.parametrize("count", [1, 3, 4, 20])
def test_every_batch_comes_once_and_in_order_in_each_epoch(count: int) -> None:
    ahead = _ahead(count)
    for _ in range(2):
        assert _places(list(ahead)) == list(range(count))
    assert len(ahead) == -(-count // 3)


def test_an_epoch_that_is_broken_off_leaves_no_thread() -> None:
    before = set(threading.enumerate())
    batches = iter(_ahead(30))
    next(batches)
    assert len(set(threading.enumerate()) - before) == 1
    batches.close()  # type: ignore[attr-defined]
    assert not set(threading.enumerate()) - before


def test_reader_processes_serve_one_epoch_after_the_other() -> None:
    """Lightning takes as many batches as there are and drops the iterator without its end."""
    store = _Numbers(12)
    store.in_memory = False
    ahead = Prefetcher(loader(store, EvenBatches(12, 3), workers=1, pin=False), to_gpu=False)
    broken_off = iter(ahead)
    next(broken_off)
    for _ in range(2):
        batches = iter(ahead)
        del broken_off
        assert _places([next(batches) for _ in range(len(ahead))]) == list(range(12))
        broken_off = batches
    del broken_off, batches, ahead
    assert multiprocessing.active_children() == []


def test_a_fault_is_raised_where_its_batch_is_asked_for() -> None:
    batches = iter(_ahead(12, fails_at=7))
    assert _places([next(batches), next(batches)]) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="changed"):
        next(batches)


def test_lightning_finds_the_sampler_of_the_epoch() -> None:
    sampler = ShuffledBatches(12, 3, seed=1)
    ahead = Prefetcher(loader(_Numbers(12), sampler, workers=0, pin=False), to_gpu=False)
    assert ahead.batch_sampler is sampler
    first = _places(list(ahead))
    sampler.set_epoch(1)
    assert sorted(_places(list(ahead))) == sorted(first) != first


@pytest.mark.gpu
def test_crops_are_on_the_gpu_and_places_are_not() -> None:
    batches = list(_ahead(50, to_gpu=True))
    assert {batch.crops.device.type for batch in batches} == {"cuda"}
    assert {batch.indices.device.type for batch in batches} == {"cpu"}
    assert _places(batches) == list(range(50))
