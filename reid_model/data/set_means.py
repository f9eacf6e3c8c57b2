"""The embeddings of image sets: the mean of their images' embeddings.

They are averaged as they come from the network (Zheng et al., "MARS", ECCV 2016: average pooling).
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Iterator, Sequence

import torch
from torch import Tensor

from reid_model.data.folder import Crop


def set_means(batches: Iterable[Tensor], sets: Sequence[Crop]) -> Iterator[Tensor]:
    """The embeddings (n, d) of consecutive sets, from batches of those of ``images_of``.

    A set is given as soon as it is complete; it may reach over several batches.
    """
    sizes = [1 + len(one.others) for one in sets]
    ends, first = list(itertools.accumulate(sizes)), 0
    rest: list[Tensor] = []
    for batch in batches:
        rows = torch.cat([*rest, batch])
        read = ends[first - 1] + len(rows) if first else len(rows)
        end = bisect.bisect_right(ends, read)
        whole = sum(sizes[first:end])
        rest = [rows[whole:]]
        if end > first:
            yield torch.stack([_mean(own) for own in torch.split(rows[:whole], sizes[first:end])])
        first = end


def mean_of_sets(images: Tensor, sets: Sequence[Crop]) -> Tensor:
    """The embeddings (sets, d) of all sets, from those of ``images_of``."""
    return torch.cat(list(set_means([images], sets)))


def _mean(rows: Tensor) -> Tensor:
    return rows[0] if len(rows) == 1 else rows.double().mean(0).to(rows.dtype)
