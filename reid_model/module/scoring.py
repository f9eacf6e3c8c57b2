"""From feature rows in any order to the figures that a run reports."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from reid_model.data.labels import retrieval_labels
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.set_means import mean_of_sets
from reid_model.retrieval import evaluate_retrieval

_RANKS = (1, 5, 10)


class FeatureRows:
    """Collects (indices, features) batches and puts them in the split's order."""

    def __init__(self) -> None:
        self._indices: list[Tensor] = []
        self._features: list[Tensor] = []

    def add(self, indices: Tensor, features: Tensor) -> None:
        """Keep one batch: (n,) places, on the CPU, and (n, d) features."""
        self._indices.append(indices)
        self._features.append(features.float())

    def in_order(self, count: int, gather: Callable[[Tensor], Tensor]) -> Tensor:
        """All features (count, d) by place; the collection is empty afterwards.

        ``gather`` brings equally many rows from every device together. Devices whose share is one
        row smaller send their last row twice, which changes nothing.
        """
        features = gather(torch.cat(self._features))
        indices = gather(torch.cat(self._indices).to(features.device))
        self._indices.clear()
        self._features.clear()
        ordered = features.new_empty(count, features.shape[1])
        ordered[indices] = features
        return ordered


def validation_metrics(features: Tensor, split: RetrievalSplit) -> dict[str, float]:
    """Score features that are ordered as ``split.crops``, for a training run's reports.

    Those of a track are averaged.

    cmc_rank_1, cmc_rank_5, cmc_rank_10 and mAP, and how exact they are: cmc_rank_1_se, mAP_se and
    cmc_rank_1_resolution (``RetrievalResult.uncertainty``).
    """
    features = mean_of_sets(features, split.query + split.gallery)
    queries = len(split.query)
    result = evaluate_retrieval(
        features[:queries],
        features[queries:],
        *retrieval_labels(split, features.device),
        max_rank=max(_RANKS),
    )
    found = {f"cmc_rank_{rank}": float(result.cmc[rank - 1]) for rank in _RANKS}
    return {**found, "mAP": float(result.mAP), **result.uncertainty}
