"""Metric losses over P x K batches: crops of one person together, of others apart."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from reid_model.losses.distances import euclidean


@dataclass(frozen=True)
class TripletLoss:
    """How triplets are formed and judged; ``margin`` None is the soft margin."""

    margin: float | None = 0.3
    weighted: bool = False
    normalise: bool = False

    def __call__(self, features: Tensor, labels: Tensor) -> Tensor:
        """The mean loss of (n, d) features with (n,) labels; 0 if no triplet can be formed."""
        if self.normalise:
            features = F.normalize(features.float(), dim=1)
        distances = euclidean(features, features)
        same = labels[:, None] == labels[None, :]
        positive = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
        usable = positive.any(1) & ~same.all(1)
        pull = weighted_mean if self.weighted else hardest
        # The weighted loss is published with the anchor among its own positives.
        far = pull(distances, same if self.weighted else positive, sign=1.0)
        near = pull(distances, ~same, sign=-1.0)
        losses = margin_loss(far, near, None if self.weighted else self.margin)
        return torch.where(usable, losses, 0.0).sum() / usable.sum().clamp(min=1)


def hardest(distances: Tensor, pairs: Tensor, *, sign: float) -> Tensor:
    """Each row's largest (sign 1) or smallest (sign -1) distance among its ``pairs``.

    Batch-hard mining: Hermans, Beyer and Leibe, "In defense of the triplet loss" (2017), eq. 5.
    """
    return sign * torch.where(pairs, sign * distances, -torch.inf).amax(1).clamp(min=-1e9)


def weighted_mean(distances: Tensor, pairs: Tensor, *, sign: float) -> Tensor:
    """Each row's softmax-weighted distance: far positives (sign 1), near negatives (sign -1).

    Ye et al., "Deep learning for person re-identification: a survey and outlook" (TPAMI 2021),
    equation 7.
    """
    logits = torch.where(pairs, sign * distances, -1e9)
    return (torch.softmax(logits, 1) * distances * pairs).sum(1)


def margin_loss(far: Tensor, near: Tensor, margin: float | None) -> Tensor:
    """max(0, far - near + margin), or log(1 + exp(far - near)) without a margin."""
    return F.softplus(far - near) if margin is None else F.relu(far - near + margin)
