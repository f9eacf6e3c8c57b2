"""Nearest neighbours of every point among all points, exact: ties go by position, self comes first.

Lists and distances are integers from the fixed-point grid, so they are the same for every chunk
size and device.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.retrieval.chunks import row_chunks
from reid_model.retrieval.fixed_point import FixedVectors, squared_distances


@dataclass(frozen=True, eq=False)
class Neighbours:
    """``nearest``: (N, k) int64 positions, nearest first, the point itself in column 0.

    ``farthest``: (N,) squared distance (grid units) to the farthest point; 1 where it is 0.
    """

    nearest: Tensor
    farthest: Tensor


def find_neighbours(points: FixedVectors, k: int, chunk_size: int) -> Neighbours:
    """The k nearest of all N points for each of them; k is in 1..N."""
    nearest, farthest = [], []
    for rows in row_chunks(len(points), chunk_size):
        squared = squared_distances(points.take(rows), points)
        farthest.append(squared.amax(1).clamp(min=1.0))
        own = torch.arange(rows.start, rows.stop, device=squared.device)
        squared.scatter_(1, own[:, None], -1.0)
        nearest.append(_stable_smallest(squared, k))
    return Neighbours(torch.cat(nearest), torch.cat(farthest))


def _stable_smallest(values: Tensor, k: int) -> Tensor:
    """Columns (rows, k) of the k smallest values of each row, ties by column.

    ``topk`` leaves the choice among ties open. Its values are certain, though: if the k-th and the
    next one differ, the set is certain too and only its order is left to fix; the few other rows
    are sorted.
    """
    width = min(k + 1, values.shape[1])
    top = values.topk(width, largest=False)
    columns = top.indices[:, :k].sort(1).values
    columns = columns.gather(1, values.gather(1, columns).argsort(dim=1, stable=True))
    if width > k:
        open_rows = (top.values[:, k - 1] == top.values[:, k]).nonzero()[:, 0]
        columns[open_rows] = values[open_rows].argsort(dim=1, stable=True)[:, :k]
    return columns
