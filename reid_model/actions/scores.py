"""The figures of an evaluation: pure functions of features and labels, rendered elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from reid_model.config.actions import ReRankingConfig
from reid_model.data.labels import retrieval_labels
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.set_means import mean_of_sets
from reid_model.errors import DataError
from reid_model.retrieval import (
    RetrievalResult,
    VerificationResult,
    evaluate_distances,
    evaluate_retrieval,
    pairwise_distances,
    rank_gallery,
    rerank,
    verification,
)


@dataclass(frozen=True, eq=False)
class RetrievalFeatures:
    """Embeddings with their labels: queries (Q, d) and gallery (G, d), on one device."""

    query: Tensor
    gallery: Tensor
    query_pids: Tensor
    gallery_pids: Tensor
    query_camids: Tensor
    gallery_camids: Tensor

    @property
    def labels(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Pids of queries and gallery, then camids, in the order of ``reid_model.retrieval``."""
        return self.query_pids, self.gallery_pids, self.query_camids, self.gallery_camids


@dataclass(frozen=True, eq=False)
class Scores:
    """What an evaluation found.

    ``reranked`` with its ``distances`` (Q, G) only if asked for; no ``same_person``, with the
    reason in ``no_threshold``, if the data has no pairs of different persons.
    """

    plain: RetrievalResult
    reranked: RetrievalResult | None
    distances: Tensor | None
    same_person: VerificationResult | None
    no_threshold: str


def label_features(features: Tensor, split: RetrievalSplit) -> RetrievalFeatures:
    """Features ordered as ``split.crops``, those of a track averaged, with the split's labels."""
    features = mean_of_sets(features, split.query + split.gallery)
    queries = len(split.query)
    labels = retrieval_labels(split, features.device)
    return RetrievalFeatures(features[:queries], features[queries:], *labels)


def score(features: RetrievalFeatures, how: ReRankingConfig) -> Scores:
    """Score a retrieval, also after re-ranking if ``how`` asks for it.

    Raises DataError if no query has a correct match.
    """
    plain = evaluate_retrieval(
        features.query, features.gallery, *features.labels, max_rank=how.max_rank
    )
    distances = reranked = None
    if how.re_ranking:
        distances = rerank(
            features.query,
            features.gallery,
            k1=how.k1,
            k2=how.k2,
            lambda_value=how.lambda_value,
        )
        reranked = evaluate_distances(distances, *features.labels, max_rank=how.max_rank)
    try:
        same_person, reason = verification(features.query, features.gallery, *features.labels), ""
    except DataError as exc:
        same_person, reason = None, str(exc)
    return Scores(plain, reranked, distances, same_person, reason)


def evaluation_metrics(scores: Scores) -> dict[str, float]:
    """Every figure by name, unrounded.

    ``cmc_rank_1`` .. ``cmc_rank_<max_rank>``, ``mAP`` and ``mINP``, and how exact they are
    (``cmc_rank_1_se``, ``mAP_se``, ``cmc_rank_1_resolution``); the same with ``reranked_`` in front
    if re-ranking was on; ``tpr_at_fpr_1e-3`` and so on, and ``same_person_threshold``, the
    Euclidean distance of L2-normalised embeddings below which two crops show one person.
    """
    found = {**_retrieval(scores.plain, ""), "num_valid_queries": scores.plain.num_valid_queries}
    if scores.reranked:
        found |= _retrieval(scores.reranked, "reranked_")
    if scores.same_person:
        found |= {
            f"tpr_at_fpr_{rate_name(point.target_fpr)}": point.tpr
            for point in scores.same_person.points
        }
        found["same_person_threshold"] = scores.same_person.suggested.threshold
    return found


def _retrieval(result: RetrievalResult, prefix: str) -> dict[str, float]:
    curve = {f"cmc_rank_{k}": value for k, value in enumerate(result.cmc.tolist(), start=1)}
    found = {**curve, "mAP": result.mAP, "mINP": result.mINP, **result.uncertainty}
    return {f"{prefix}{name}": value for name, value in found.items()}


def rate_name(rate: float) -> str:
    """0.001 as ``1e-3``."""
    mantissa, _, exponent = f"{rate:e}".partition("e")
    return f"{float(mantissa):g}e{int(exponent)}"


@dataclass(frozen=True)
class RankedMatches:
    """One valid query and its nearest gallery images in the scored order, by place in their splits.

    ``average_precision`` and ``first_correct`` (a rank, from 1) are over the whole gallery.
    """

    query: int
    images: tuple[int, ...]
    distances: tuple[float, ...]
    average_precision: float
    first_correct: int


def ranked_matches(
    features: RetrievalFeatures, scores: Scores, queries: Sequence[int], count: int
) -> list[RankedMatches]:
    """The ``count`` nearest counted images of valid queries, re-ranked if the scores are."""
    rows = torch.tensor(queries, device=features.query.device)
    if scores.distances is None:
        distances = pairwise_distances(features.query[rows], features.gallery)
    else:
        distances = scores.distances[rows]
    order = rank_gallery(
        distances,
        features.query_pids[rows],
        features.gallery_pids,
        features.query_camids[rows],
        features.gallery_camids,
        len(features.gallery),
    )
    return [
        _row(features, query, images[images >= 0], own, count)
        for query, images, own in zip(queries, order, distances, strict=True)
    ]


def _row(
    features: RetrievalFeatures, query: int, images: Tensor, distances: Tensor, count: int
) -> RankedMatches:
    correct = features.gallery_pids[images] == features.query_pids[query]
    ranks = correct.nonzero()[:, 0] + 1
    precision = torch.arange(1, len(ranks) + 1, device=ranks.device) / ranks
    shown = images[:count]
    return RankedMatches(
        query=query,
        images=tuple(shown.tolist()),
        distances=tuple(distances[shown].tolist()),
        average_precision=float(precision.mean()),
        first_correct=int(ranks[0]),
    )


def valid_queries(features: RetrievalFeatures) -> list[int]:
    """The queries that count: those with a correct match by the split's protocol."""
    q_pids, g_pids, q_camids, g_camids = (labels.tolist() for labels in features.labels)
    cameras: dict[int, set[int]] = {}
    for pid, camid in zip(g_pids, g_camids, strict=True):
        cameras.setdefault(pid, set()).add(camid)
    return [
        query
        for query, (pid, camid) in enumerate(zip(q_pids, q_camids, strict=True))
        if cameras.get(pid, set()) - {camid}
    ]
