"""Re-ranking by k-reciprocal encoding (Zhong et al., CVPR 2017) with sparse rows.

The usual code holds several dense (Q + G) x (Q + G) matrices and sorts each row. Here neighbours
come from chunked products and a partial selection, encodings are sparse, and the Jaccard distance
visits only pairs that share an entry. Jaccard sums are sums of integers, so that the result is the
same bit for bit for every chunk size, and on CPU and GPU of one machine.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reid_model.errors import ConfigError, DataError
from reid_model.retrieval.chunks import DEFAULT_CHUNK_SIZE, row_chunks
from reid_model.retrieval.fixed_point import fixed_vectors, squared_distances
from reid_model.retrieval.neighbours import find_neighbours
from reid_model.retrieval.reciprocal import WEIGHT_UNIT, encode, expand_queries
from reid_model.retrieval.sparse_rows import SparseRows, columns_of

VISIT_BUDGET = 1 << 22
"""Pairs of entries visited at once; bounds memory when many images share one neighbour."""


def rerank(
    query_features: Tensor,
    gallery_features: Tensor,
    *,
    k1: int = 20,
    k2: int = 6,
    lambda_value: float = 0.3,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
) -> Tensor:
    """Re-ranked distances (Q, G) in [0, 1], float32, on the queries' device.

    ``(1 - lambda) * Jaccard distance + lambda * d``, d being the squared Euclidean distance of the
    L2-normalised features divided by the query's largest one over queries and gallery. ``k1``:
    neighbours of the reciprocal sets, ``k2``: of the local query expansion (1 switches it off);
    both may exceed the number of images. Every gallery image takes part, so leave out junk first.

    Memory: a few times ``chunk_size`` x (Q + G) float64, and the result.

    Raises:
        ConfigError: ``k1``, ``k2`` or ``chunk_size`` below 1, ``lambda_value`` outside [0, 1].
        DataError: features of different widths, no images, or values that are not finite.
    """
    _check(k1, k2, lambda_value)
    points = fixed_vectors(_joined(query_features, gallery_features), "features")
    queries = len(query_features)
    neighbours = find_neighbours(points, min(max(k1 + 1, k2), len(points)), chunk_size)
    encoding = encode(points, neighbours, k1, chunk_size)
    unit, images = WEIGHT_UNIT, points.take(slice(queries, None))
    if k2 > 1:
        nearest = neighbours.nearest[:, :k2]
        encoding = expand_queries(encoding, nearest, chunk_size)
        unit *= nearest.shape[1]
    postings = columns_of(encoding, queries, len(points))
    result = query_features.new_empty(queries, len(gallery_features), dtype=torch.float32)
    for rows in row_chunks(queries, chunk_size):
        shared = _shared_weight(encoding, postings, rows, len(gallery_features))
        jaccard = 1.0 - shared / (2.0 * unit - shared)
        squared = squared_distances(points.take(rows), images)
        original = squared / neighbours.farthest[rows, None]
        result[rows] = (jaccard * (1.0 - lambda_value) + original * lambda_value).float()
    return result


def _shared_weight(encoding: SparseRows, postings: SparseRows, rows: slice, gallery: int) -> Tensor:
    """Sum over all entries of min(query weight, gallery weight): (rows, gallery) float64."""
    device = encoding.starts.device
    owner, entry = encoding.take(torch.arange(rows.start, rows.stop, device=device))
    cols, values = encoding.cols[entry], encoding.values[entry]
    shared = torch.zeros((rows.stop - rows.start) * gallery, dtype=torch.int64, device=device)
    for piece in _pieces(postings.starts[cols + 1] - postings.starts[cols]):
        source, posting = postings.take(cols[piece])
        cell = owner[piece][source] * gallery + postings.cols[posting]
        weight = torch.minimum(values[piece][source], postings.values[posting])
        shared.index_add_(0, cell, weight)
    return shared.view(-1, gallery).double()


def _pieces(sizes: Tensor) -> tuple[Tensor, ...]:
    """Consecutive entries in pieces whose sizes add up to about ``VISIT_BUDGET``."""
    piece = torch.div(sizes.cumsum(0), VISIT_BUDGET, rounding_mode="floor")
    lengths: list[int] = torch.bincount(piece).tolist()
    return torch.split(torch.arange(len(sizes), device=sizes.device), lengths)


def _joined(query: Tensor, gallery: Tensor) -> Tensor:
    shapes = f"{tuple(query.shape)} and {tuple(gallery.shape)}"
    if query.ndim != 2 or gallery.ndim != 2 or query.shape[1] != gallery.shape[1]:
        raise DataError(f"query and gallery features must be matrices of one width, got {shapes}")
    if len(query) == 0 or len(gallery) == 0:
        raise DataError(f"re-ranking needs at least one query and one gallery image, got {shapes}")
    return torch.cat([query, gallery.to(query.device)])


def _check(k1: int, k2: int, lambda_value: float) -> None:
    if k1 < 1 or k2 < 1:
        raise ConfigError(f"k1 and k2 must be at least 1, got k1={k1}, k2={k2}")
    if not 0.0 <= lambda_value <= 1.0:
        raise ConfigError(f"lambda_value must be in [0, 1], got {lambda_value}")
