"""Copies the next batches to the GPU while the network computes on the current one.

A thread gathers batches into pinned memory and copies them on a CUDA stream of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch.utils.data import DataLoader, Sampler

from reid_model.data.batches import Batch

_DEPTH = 2
Fetched = tuple[Batch, "torch.cuda.Event | None"] | None


class Prefetcher:
    """Iterates over a loader with two batches in preparation at any time."""

    def __init__(self, loader: DataLoader[Batch], *, to_gpu: bool) -> None:
        """``to_gpu`` copies the crops to the process's current CUDA device."""
        self._loader, self._to_gpu = loader, to_gpu

    @property
    def batch_sampler(self) -> Sampler[list[int]] | None:
        """The loader's sampler, in which Lightning looks for ``set_epoch``."""
        return self._loader.batch_sampler  # type: ignore[return-value]

    def __len__(self) -> int:
        return len(self._loader)

    def __iter__(self) -> Iterator[Batch]:
        fetch = _fetcher(iter(self._loader), _new_stream() if self._to_gpu else None)
        with ThreadPoolExecutor(1) as thread:
            coming = deque(thread.submit(fetch) for _ in range(_DEPTH))
            while (fetched := _next(coming, thread, fetch)) is not None:
                yield _ready(*fetched)


def _new_stream() -> torch.cuda.Stream:
    kind: Any = torch.cuda.Stream
    stream: torch.cuda.Stream = kind()
    return stream


def _next(
    coming: deque[Future[Fetched]], thread: ThreadPoolExecutor, fetch: Callable[[], Fetched]
) -> Fetched:
    coming.append(thread.submit(fetch))
    return coming.popleft().result()


def _fetcher(batches: Iterator[Batch], stream: torch.cuda.Stream | None) -> Callable[[], Fetched]:
    """A function that returns the next batch, and None after the last."""

    def fetch() -> Fetched:
        batch = next(batches, None)
        if batch is None or stream is None:
            return batch and (batch, None)
        with torch.cuda.stream(stream):
            crops = batch.crops.to(stream.device, non_blocking=True)
            return Batch(crops, batch.indices), stream.record_event()

    return fetch


def _ready(batch: Batch, copied: torch.cuda.Event | None) -> Batch:
    """Make the computing stream, not the process, wait for the batch's copy."""
    if copied is not None:
        current = torch.cuda.current_stream()
        current.wait_event(copied)
        batch.crops.record_stream(current)
    return batch
