"""From a feature map to one vector: the average, or a learnable generalised mean."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def generalised_mean(features: Tensor, power: Tensor, eps: float = 1e-6) -> Tensor:
    """(mean over pixels of x^p)^(1/p) of (n, c, h, w) features clamped to eps; returns (n, c).

    Radenovic, Tolias and Chum, "Fine-tuning CNN image retrieval with no human annotation"
    (TPAMI 2019), equation 3. Computed in float32 also under mixed precision; a channel that is dead
    everywhere stays above 0 under large powers, where the root has no gradient.
    """
    clamped = features.float().clamp(min=eps)
    means = clamped.pow(power).mean(dim=(2, 3)).clamp(min=torch.finfo(torch.float32).tiny)
    return means.pow(1.0 / power)


class AveragePooling(nn.Module):
    """Mean over pixels: (n, c, h, w) to (n, c)."""

    def forward(self, features: Tensor) -> Tensor:
        """The mean over height and width."""
        return features.mean(dim=(2, 3))


class GeMPooling(nn.Module):
    """Generalised mean with one learnable power that starts at 3."""

    def __init__(self) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.tensor(3.0))

    def forward(self, features: Tensor) -> Tensor:
        """See generalised_mean."""
        return generalised_mean(features, self.power)
