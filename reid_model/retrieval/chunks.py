"""Small index helpers that keep memory bounded: row chunks and ragged ranges."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from reid_model.errors import ConfigError

DEFAULT_CHUNK_SIZE = 64


def row_chunks(count: int, size: int) -> Iterator[slice]:
    """The slices that cover ``count`` rows, at most ``size`` rows each.

    Raises:
        ConfigError: ``size`` is below 1.
    """
    if size < 1:
        raise ConfigError(f"chunk_size must be at least 1 row, got {size}")
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def ragged_ranges(starts: Tensor, counts: Tensor) -> tuple[Tensor, Tensor]:
    """The ranges ``starts[i] .. starts[i] + counts[i]`` laid one after the other.

    Returns ``(owner, position)``, both int64 of length ``counts.sum()``: which range an element
    belongs to, and the element itself.
    """
    owner = torch.repeat_interleave(counts)
    before = counts.cumsum(0) - counts
    step = torch.arange(len(owner), device=counts.device) - before[owner]
    return owner, starts[owner] + step
