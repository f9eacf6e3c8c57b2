"""Same person or not: true positive rates at given false positive rates, and a threshold to use.

All (query, gallery) pairs from different cameras are judged, junk (pid -1) left out on both sides.
A pair of one pid is genuine, any other an impostor. The rule is

    same person  <=>  distance < threshold,

and the threshold for a rate f is the distance of the impostor pair number floor(f * impostors) + 1,
nearest first: the largest threshold at which the share of accepted impostors is at most f.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from reid_model.config.identities import JUNK_PID
from reid_model.errors import ConfigError, DataError
from reid_model.retrieval.chunks import DEFAULT_CHUNK_SIZE, row_chunks
from reid_model.retrieval.distances import Distance, check_distance, feature_pair, from_squared
from reid_model.retrieval.fixed_point import FixedVectors, squared_distances
from reid_model.retrieval.protocol import Protocol, market_protocol, no_match_error

DEFAULT_FPRS = (1e-3, 1e-4, 1e-5)
SUGGESTED_FPR = 1e-4
"""One false match in ten thousand comparisons with other persons."""


@dataclass(frozen=True)
class OperatingPoint:
    """One threshold: ``target_fpr`` asked for, ``fpr`` and ``tpr`` measured with ``threshold``."""

    target_fpr: float
    fpr: float
    tpr: float
    threshold: float


@dataclass(frozen=True)
class VerificationResult:
    """One operating point per asked rate, in the order asked, and the one at ``SUGGESTED_FPR``.

    A rate below ``1 / num_impostor_pairs`` cannot be measured: its point accepts no impostor.
    """

    points: tuple[OperatingPoint, ...]
    suggested: OperatingPoint
    num_genuine_pairs: int
    num_impostor_pairs: int


def verification(
    query_features: Tensor,
    gallery_features: Tensor,
    query_pids: Tensor,
    gallery_pids: Tensor,
    query_camids: Tensor,
    gallery_camids: Tensor,
    *,
    fprs: Sequence[float] = DEFAULT_FPRS,
    distance: Distance = "euclidean",
    chunk_size: int = DEFAULT_CHUNK_SIZE,
) -> VerificationResult:
    """Judge every cross-camera pair as same person or not, exactly.

    Arguments as in :func:`evaluate_retrieval`; ``fprs`` lie in (0, 1). Thresholds are in units of
    ``distance``, between L2-normalised features. The result does not depend on chunk size or
    device. Memory: a few times ``chunk_size`` x G, plus the genuine pairs and the nearest
    ``max(fprs)`` of the impostor pairs, 8 bytes each.

    Raises:
        ConfigError: a rate outside (0, 1), none given, unknown distance, ``chunk_size`` below 1.
        DataError: shapes or types do not fit, values not finite, no genuine or no impostor pair.
    """
    _check_rates(fprs)
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
    impostors = _count_impostors(protocol, chunk_size)
    kept = max(_allowed(rate, impostors) for rate in (*fprs, SUGGESTED_FPR)) + 1
    genuine, nearest = _collect(queries, images, protocol, kept, chunk_size)
    points = [
        _operating_point(rate, genuine, nearest, impostors, distance)
        for rate in (*fprs, SUGGESTED_FPR)
    ]
    return VerificationResult(tuple(points[:-1]), points[-1], len(genuine), impostors)


def _count_impostors(protocol: Protocol, chunk_size: int) -> int:
    """How many pairs differ in pid and camera.

    Raises:
        DataError: no impostor or no genuine pair.
    """
    genuine = impostors = 0
    for rows in row_chunks(len(protocol.query_pids), chunk_size):
        impostors += int(_impostor_mask(protocol, rows).sum())
        genuine += int(protocol.same_person(rows).match.sum())
    if genuine == 0:
        raise no_match_error(protocol)
    if impostors == 0:
        raise DataError(
            "no pair of different persons from different cameras: a same-person threshold needs "
            "at least two persons and two cameras"
        )
    return impostors


def _impostor_mask(protocol: Protocol, rows: slice) -> Tensor:
    pids = protocol.query_pids[rows, None]
    other_person = (pids != protocol.gallery_pids) & (pids != JUNK_PID)
    return other_person & (protocol.query_camids[rows, None] != protocol.gallery_camids)


def _collect(
    queries: FixedVectors, images: FixedVectors, protocol: Protocol, kept: int, chunk_size: int
) -> tuple[Tensor, Tensor]:
    """Squared distances of all genuine pairs, and the ``kept`` nearest impostors, ascending."""
    counted = images.take(protocol.counted)
    genuine = []
    nearest = counted.squares.new_empty(0)
    for rows in row_chunks(len(queries), chunk_size):
        squared = squared_distances(queries.take(rows), counted)
        pairs = protocol.same_person(rows)
        genuine.append(squared[pairs.rows[pairs.match], pairs.cols[pairs.match]])
        wanted = _impostor_mask(protocol, rows)
        if len(nearest) == kept:
            wanted &= squared < nearest.max()
        nearest = _smallest(torch.cat([nearest, squared[wanted]]), kept)
    return torch.cat(genuine), nearest.sort().values


def _smallest(values: Tensor, count: int) -> Tensor:
    if len(values) <= count:
        return values
    return values.topk(count, largest=False, sorted=False).values


def _operating_point(
    rate: float, genuine: Tensor, nearest: Tensor, impostors: int, distance: Distance
) -> OperatingPoint:
    threshold = nearest[_allowed(rate, impostors)]
    return OperatingPoint(
        target_fpr=rate,
        fpr=int((nearest < threshold).sum()) / impostors,
        tpr=int((genuine < threshold).sum()) / len(genuine),
        threshold=float(from_squared(threshold, distance)),
    )


def _allowed(rate: float, impostors: int) -> int:
    """Largest number of accepted impostors; the rate is taken as the decimal that was written."""
    return math.floor(Fraction(str(float(rate))) * impostors)


def _check_rates(fprs: Sequence[float]) -> None:
    if len(fprs) == 0 or not all(0.0 < rate < 1.0 for rate in fprs):
        raise ConfigError(f"fprs must be one or more rates between 0 and 1, got {list(fprs)}")
