"""CMC, mAP and mINP of a retrieval, from features or from given distances.

Chunks only produce integer ranks; everything else is derived from them here, once, on the CPU and
in float64. That is why a result is the same bit for bit for every chunk size and device.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.errors import ConfigError
from reid_model.retrieval.chunks import DEFAULT_CHUNK_SIZE
from reid_model.retrieval.counting import count_ranks
from reid_model.retrieval.distance_matrix import check_matrix, counted_rows
from reid_model.retrieval.distances import Distance, check_distance, feature_pair
from reid_model.retrieval.fixed_point import squared_distances
from reid_model.retrieval.protocol import Protocol, market_protocol, no_match_error
from reid_model.retrieval.standard_error import standard_errors


@dataclass(frozen=True, eq=False)
class RetrievalResult:
    """Scores over the valid queries (those with a correct match left), all in [0, 1].

    ``cmc``: (max_rank,) float64 on the CPU; entry k-1 is the share of queries whose first correct
    match is within the k nearest images. A gallery smaller than ``max_rank`` repeats its last
    value. ``mAP``: mean over queries of the mean precision at their correct matches. ``mINP``: mean
    of (matches / rank of the last match), Ye et al., TPAMI 2021. ``rank_1_se`` and ``mAP_se``:
    standard errors of the first CMC entry and of mAP (:func:`standard_errors`), None if all
    valid queries show one person.
    """

    cmc: Tensor
    mAP: float
    mINP: float
    num_valid_queries: int
    rank_1_se: float | None
    mAP_se: float | None

    @property
    def uncertainty(self) -> dict[str, float]:
        """How uncertain the figures are, by the names under which a run reports it.

        ``cmc_rank_1_se`` and ``mAP_se`` if they are known, and ``cmc_rank_1_resolution``: the
        step in which the first CMC entry can move, one query.
        """
        errors = {"cmc_rank_1_se": self.rank_1_se, "mAP_se": self.mAP_se}
        known = {name: error for name, error in errors.items() if error is not None}
        return {**known, "cmc_rank_1_resolution": 1.0 / self.num_valid_queries}


def evaluate_retrieval(
    query_features: Tensor,
    gallery_features: Tensor,
    query_pids: Tensor,
    gallery_pids: Tensor,
    query_camids: Tensor,
    gallery_camids: Tensor,
    *,
    max_rank: int = 50,
    distance: Distance = "euclidean",
    chunk_size: int = DEFAULT_CHUNK_SIZE,
) -> RetrievalResult:
    """Score a retrieval by the Market-1501 protocol (Zheng et al., ICCV 2015).

    Features (Q, D) and (G, D), any floating-point type, are L2-normalised inside; pids and camids
    are integer vectors (Q,) and (G,). Images of the query's pid and camid are removed, pid -1 is
    never counted, other pids (distractors) are negatives, ties go by gallery order.

    The order is that of the exact distances of :func:`pairwise_distances`. After normalisation both
    distances order a gallery alike, so ``distance`` does not change the scores. Duplicates are
    exact ties, and the result is the same bit for bit whatever the chunk size, thread count or
    device. Memory: ``chunk_size`` x G float64, a few times.

    Raises:
        ConfigError: ``max_rank`` or ``chunk_size`` below 1, unknown ``distance``.
        DataError: shapes or types do not fit, values are not finite, or no query is valid (the
            message says whether no pid is shared or only same-camera images match).
    """
    _check_max_rank(max_rank)
    check_distance(distance)
    queries, images = feature_pair(query_features, gallery_features)
    protocol = market_protocol(
        query_pids,
        gallery_pids,
        query_camids,
        gallery_camids,
        shape=(len(queries), len(images)),
        device=query_features.device,
    )
    counted = images.take(protocol.counted)

    def rows_of(rows: slice) -> Tensor:
        return squared_distances(queries.take(rows), counted)

    matches, ranks = count_ranks(rows_of, protocol, chunk_size)
    return _summary(matches, ranks, max_rank, protocol)


def evaluate_distances(
    distances: Tensor,
    query_pids: Tensor,
    gallery_pids: Tensor,
    query_camids: Tensor,
    gallery_camids: Tensor,
    *,
    max_rank: int = 50,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
) -> RetrievalResult:
    """Score given distances (Q, G), smaller is nearer, for instance those of :func:`rerank`.

    Same protocol, result and errors as :func:`evaluate_retrieval`.
    """
    _check_max_rank(max_rank)
    check_matrix(distances)
    protocol = market_protocol(
        query_pids,
        gallery_pids,
        query_camids,
        gallery_camids,
        shape=(distances.shape[0], distances.shape[1]),
        device=distances.device,
    )

    def rows_of(rows: slice) -> Tensor:
        return counted_rows(distances, protocol, rows)

    matches, ranks = count_ranks(rows_of, protocol, chunk_size)
    return _summary(matches, ranks, max_rank, protocol)


def _summary(matches: Tensor, ranks: Tensor, max_rank: int, protocol: Protocol) -> RetrievalResult:
    if len(ranks) == 0:
        raise no_match_error(protocol)
    pids = protocol.query_pids.cpu()[matches > 0]
    matches = matches[matches > 0]
    last = matches.cumsum(0)
    first, precisions = ranks[last - matches], _average_precision(matches, ranks)
    errors = standard_errors(torch.stack([(first == 1).double(), precisions], dim=1), pids)
    return RetrievalResult(
        cmc=_cmc(first, max_rank),
        mAP=float(precisions.mean()),
        mINP=float((matches.double() / ranks[last - 1]).mean()),
        num_valid_queries=len(matches),
        rank_1_se=errors[0] if errors else None,
        mAP_se=errors[1] if errors else None,
    )


def _cmc(first_ranks: Tensor, max_rank: int) -> Tensor:
    hits = torch.bincount(first_ranks.clamp(max=max_rank + 1), minlength=max_rank + 2)
    return hits[1 : max_rank + 1].cumsum(0).double() / len(first_ranks)


def _average_precision(matches: Tensor, ranks: Tensor) -> Tensor:
    """Per query, the mean over its matches of (matches so far / rank)."""
    query = torch.repeat_interleave(matches)
    so_far = torch.arange(1, len(ranks) + 1) - (matches.cumsum(0) - matches)[query]
    total = torch.zeros(len(matches), dtype=torch.float64)
    return total.index_add_(0, query, so_far.double() / ranks) / matches


def _check_max_rank(max_rank: int) -> None:
    if max_rank < 1:
        raise ConfigError(f"max_rank must be at least 1, got {max_rank}")
