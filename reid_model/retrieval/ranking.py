"""The scored order itself, for pictures of ranked matches and lists of nearest images."""

from __future__ import annotations

import torch
from torch import Tensor

from reid_model.errors import ConfigError
from reid_model.retrieval.chunks import DEFAULT_CHUNK_SIZE, row_chunks
from reid_model.retrieval.counting import mask_removed_pairs
from reid_model.retrieval.distance_matrix import check_matrix, counted_rows
from reid_model.retrieval.protocol import Protocol, market_protocol

NO_IMAGE = -1
"""Fills a row whose query has fewer counted images than were asked for."""


def rank_gallery(
    distances: Tensor,
    query_pids: Tensor,
    gallery_pids: Tensor,
    query_camids: Tensor,
    gallery_camids: Tensor,
    k: int,
    *,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
) -> Tensor:
    """Gallery positions of the k nearest counted images, nearest first: (Q, k) int64.

    ``distances`` (Q, G) come from :func:`pairwise_distances` or :func:`rerank`; pass only the rows
    that are needed, with their labels. Junk and same-camera images of the query's person are left
    out, ties go by gallery order: exactly the order that :func:`evaluate_retrieval` and
    :func:`evaluate_distances` score. Rows with fewer than k images end in -1.

    Raises:
        ConfigError: ``k`` or ``chunk_size`` below 1.
        DataError: shapes or types do not fit, distances are not finite, no query or no gallery.
    """
    if k < 1:
        raise ConfigError(f"k must be at least 1 image, got {k}")
    check_matrix(distances)
    protocol = market_protocol(
        query_pids,
        gallery_pids,
        query_camids,
        gallery_camids,
        shape=(distances.shape[0], distances.shape[1]),
        device=distances.device,
    )
    chunks = row_chunks(len(distances), chunk_size)
    return torch.cat([_rank_rows(distances, protocol, rows, k) for rows in chunks])


def _rank_rows(distances: Tensor, protocol: Protocol, rows: slice, k: int) -> Tensor:
    chunk = counted_rows(distances, protocol, rows)
    mask_removed_pairs(chunk, protocol, rows)
    nearest, order = chunk.sort(dim=1, stable=True)
    images = protocol.counted[order].masked_fill(torch.isinf(nearest), NO_IMAGE)
    return torch.nn.functional.pad(images, (0, max(0, k - images.shape[1])), value=NO_IMAGE)[:, :k]
