"""k-reciprocal encoding of images (Zhong et al., CVPR 2017, sections 3.2 to 3.4), sparse.

Every image is described by its k-reciprocal neighbours, weighted by nearness. Weights are held as
integers (fixed point), so that all later sums are exact whatever their order.

Where the paper and its authors' released code differ, the code is followed, as everyone's published
figures do: the k nearest are counted without the image itself, which joins its own list; half of k
is rounded to even; a half-size set joins if *more than* two thirds of it lie inside (equation 4
prints "at least").
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from reid_model.retrieval.chunks import row_chunks
from reid_model.retrieval.fixed_point import FixedVectors, squared_pair_distances
from reid_model.retrieval.neighbours import Neighbours
from reid_model.retrieval.sparse_rows import SparseRows, from_entries

WEIGHT_UNIT = float(1 << 40)
"""The weights of one row sum to this, up to rounding."""

PAIR_CHUNK = 1 << 12


def encode(points: FixedVectors, neighbours: Neighbours, k1: int, chunk_size: int) -> SparseRows:
    """One row per image: its expanded k1-reciprocal neighbours and their weights.

    Row i weighs member j by exp(-d(i, j)), d being the squared distance divided by the largest one
    in row i, and is scaled to the sum ``WEIGHT_UNIT``.
    """
    full = neighbours.nearest[:, : k1 + 1]
    half = neighbours.nearest[:, : round(k1 / 2) + 1]
    full_mutual = _mutual(full, chunk_size)
    half_mutual = _mutual(half, chunk_size)
    rows, cols = [], []
    for chunk in row_chunks(len(points), chunk_size):
        members = _members(full[chunk], full_mutual[chunk], half, half_mutual)
        member_rows, member_cols = members.nonzero(as_tuple=True)
        rows.append(member_rows + chunk.start)
        cols.append(member_cols)
    row, col = torch.cat(rows), torch.cat(cols)
    return from_entries(row, col, _weights(points, neighbours, row, col), len(points))


def expand_queries(encoding: SparseRows, nearest: Tensor, chunk_size: int) -> SparseRows:
    """Local query expansion: each row becomes the sum of the rows of its ``nearest`` (N, k2).

    The sum stands for the mean: the weight unit grows by k2.
    """
    count, k2 = nearest.shape
    rows, cols, values = [], [], []
    for chunk in row_chunks(count, chunk_size):
        owner, entry = encoding.take(nearest[chunk].reshape(-1))
        row = torch.div(owner, k2, rounding_mode="floor") + chunk.start
        cell, place = torch.unique(row * count + encoding.cols[entry], return_inverse=True)
        rows.append(torch.div(cell, count, rounding_mode="floor"))
        cols.append(cell % count)
        values.append(torch.zeros_like(cell).index_add_(0, place, encoding.values[entry]))
    return from_entries(torch.cat(rows), torch.cat(cols), torch.cat(values), count)


def _mutual(nearest: Tensor, chunk_size: int) -> Tensor:
    """(N, k) bool: does the neighbour list the point among its own k nearest?"""
    mutual = torch.empty_like(nearest, dtype=torch.bool)
    for chunk in row_chunks(len(nearest), chunk_size):
        own = torch.arange(chunk.start, chunk.stop, device=nearest.device)
        mutual[chunk] = (nearest[nearest[chunk]] == own[:, None, None]).any(2)
    return mutual


def _members(nearest: Tensor, mutual: Tensor, half: Tensor, half_mutual: Tensor) -> Tensor:
    """(rows, N) bool: the reciprocal neighbours R of each row, expanded (equation 4).

    The half-size set of a member joins R if more than two thirds of it lie in R already.
    """
    members = torch.zeros(len(nearest), len(half), dtype=torch.bool, device=nearest.device)
    members.scatter_(1, nearest, mutual)
    candidates = half[nearest]
    eligible = half_mutual[nearest] & mutual[:, :, None]
    inside = members.gather(1, candidates.flatten(1)).view_as(eligible) & eligible
    joins = 3 * inside.sum(2) > 2 * eligible.sum(2)
    row, member, slot = (eligible & joins[:, :, None]).nonzero(as_tuple=True)
    members[row, candidates[row, member, slot]] = True
    return members


def _weights(points: FixedVectors, neighbours: Neighbours, rows: Tensor, cols: Tensor) -> Tensor:
    """Integer weights (entries,), rounded down so that no row exceeds ``WEIGHT_UNIT``."""
    squared = torch.cat(
        [
            squared_pair_distances(points, rows[piece], cols[piece])
            for piece in row_chunks(len(rows), PAIR_CHUNK)
        ]
    )
    near = (_exp(-squared / neighbours.farthest[rows]) * WEIGHT_UNIT).round()
    total = torch.zeros(len(points), dtype=torch.int64, device=rows.device)
    total.index_add_(0, rows, near.long())
    return (near / total[rows] * WEIGHT_UNIT).floor().long()


def _exp(values: Tensor) -> Tensor:
    """Exponential by NumPy on the CPU: the one operation here that devices round differently."""
    return torch.from_numpy(np.exp(values.cpu().numpy())).to(values.device)
