"""Ranks of the correct matches by counting, without sorting the gallery.

The rank of a match is 1 + the number of counted gallery images that come before it: the nearer
ones, and those at the same distance that stand earlier in the gallery. A query has few matches, so
one binary search of every gallery distance among the match distances gives all counts at once.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from reid_model.retrieval.chunks import row_chunks
from reid_model.retrieval.protocol import Protocol

RowDistances = Callable[[slice], Tensor]
"""Query rows -> their (rows, counted gallery) float64 distances, which may be overwritten."""


def count_ranks(
    distances: RowDistances, protocol: Protocol, chunk_size: int
) -> tuple[Tensor, Tensor]:
    """Ranks of all correct matches, on the CPU.

    Returns ``(matches, ranks)``: matches per query (Q,), and the ranks (int64, from 1), query by
    query, ascending within a query.
    """
    matches, ranks = [], []
    for rows in row_chunks(len(protocol.query_pids), chunk_size):
        found, chunk_ranks = _rank_chunk(distances(rows), protocol, rows)
        matches.append(found.cpu())
        ranks.append(chunk_ranks.cpu())
    return torch.cat(matches), torch.cat(ranks)


def mask_removed_pairs(distances: Tensor, protocol: Protocol, rows: slice) -> tuple[Tensor, Tensor]:
    """Put removed pairs at infinity, in place, and return the rows and columns of the matches."""
    pairs = protocol.same_person(rows)
    removed = ~pairs.match
    distances[pairs.rows[removed], pairs.cols[removed]] = torch.inf
    return pairs.rows[pairs.match], pairs.cols[pairs.match]


def _rank_chunk(distances: Tensor, protocol: Protocol, rows: slice) -> tuple[Tensor, Tensor]:
    match_rows, match_cols = mask_removed_pairs(distances, protocol, rows)
    found = torch.bincount(match_rows, minlength=len(distances))
    if len(match_rows) == 0:
        return found, match_rows
    match_rows, match_cols, own = _scored_order(distances, match_rows, match_cols)
    nearer, equal = _count_before(distances, match_rows, own, found)
    ranks = nearer + 1
    tied = (equal > 1).nonzero()[:, 0]
    ranks[tied] += _earlier_equals(distances, match_rows[tied], match_cols[tied], own[tied])
    return found, ranks


def _scored_order(distances: Tensor, rows: Tensor, cols: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The matches by row, then distance, then gallery order; and their own distances."""
    own = distances[rows, cols]
    order = own.argsort(stable=True)
    order = order[rows[order].argsort(stable=True)]
    return rows[order], cols[order], own[order]


def _count_before(
    distances: Tensor, match_rows: Tensor, own: Tensor, found: Tensor
) -> tuple[Tensor, Tensor]:
    """Per match, how many images are strictly nearer and how many exactly as near (itself too).

    The bins of a row are cut at each match distance and at the next float64 above it, so that the
    bin between the two holds exactly the ties.
    """
    slots = torch.arange(len(own), device=own.device) - (found.cumsum(0) - found)[match_rows]
    cuts = own.new_full((len(distances), int(found.max())), torch.inf)
    cuts[match_rows, slots] = own
    edges = torch.cat([cuts, torch.nextafter(cuts, torch.full_like(cuts, torch.inf))], 1)
    edges = edges.sort(1).values
    histogram = _row_histogram(torch.searchsorted(edges, distances, right=True), edges.shape[1] + 1)
    below = torch.searchsorted(edges, cuts)
    at = torch.searchsorted(edges, cuts, right=True)
    nearer = histogram.cumsum(1).gather(1, below)
    equal = histogram.gather(1, at)
    return nearer[match_rows, slots], equal[match_rows, slots]


def _row_histogram(bins: Tensor, width: int) -> Tensor:
    """Counts (rows, width) of the bin numbers in each row; overwrites ``bins``."""
    rows = len(bins)
    bins += torch.arange(rows, device=bins.device)[:, None] * width
    return torch.bincount(bins.view(-1), minlength=rows * width).view(rows, width)


def _earlier_equals(distances: Tensor, rows: Tensor, cols: Tensor, own: Tensor) -> Tensor:
    """Per match, how many images at the same distance stand before it in the gallery."""
    columns = torch.arange(distances.shape[1], device=distances.device)
    counts = torch.zeros_like(rows)
    for piece in row_chunks(len(rows), len(distances)):
        same = distances[rows[piece]] == own[piece, None]
        counts[piece] = (same & (columns < cols[piece, None])).sum(1)
    return counts
