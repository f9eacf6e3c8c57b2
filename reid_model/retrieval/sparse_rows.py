"""Sparse rows of integers: the encodings of re-ranking, about a hundred entries per image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.retrieval.chunks import ragged_ranges


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Compressed rows: entries ``starts[i] .. starts[i + 1]`` belong to row i.

    ``starts``: (rows + 1,); ``cols`` and ``values``: (entries,), all int64.
    """

    starts: Tensor
    cols: Tensor
    values: Tensor

    def take(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The entries of these rows, one row after the other: (index into ``rows``, entry)."""
        starts = self.starts[rows]
        return ragged_ranges(starts, self.starts[rows + 1] - starts)


def from_entries(rows: Tensor, cols: Tensor, values: Tensor, count: int) -> SparseRows:
    """Sparse rows from entries that are sorted by row."""
    starts = torch.zeros(count + 1, dtype=torch.int64, device=rows.device)
    starts[1:] = torch.bincount(rows, minlength=count).cumsum(0)
    return SparseRows(starts, cols, values)


def columns_of(matrix: SparseRows, first_row: int, width: int) -> SparseRows:
    """The transpose of the rows from ``first_row`` on: row c lists (row - first_row) and value."""
    begin = int(matrix.starts[first_row])
    per_row = matrix.starts[first_row + 1 :] - matrix.starts[first_row:-1]
    rows = torch.repeat_interleave(per_row)
    cols, order = matrix.cols[begin:].sort(stable=True)
    return from_entries(cols, rows[order], matrix.values[begin:][order], width)
