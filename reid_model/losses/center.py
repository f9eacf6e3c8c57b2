"""Center loss: features drawn to a running center of their identity.

Wen et al., "A discriminative feature learning approach for deep face recognition" (ECCV 2016). The
centers are learned by their own rule (equation 4), in float32 and outside the loss scaling of mixed
precision, and travel in the checkpoint like any buffer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CenterLoss(nn.Module):
    """One center (d,) for each of the training identities."""

    centers: Tensor

    def __init__(self, num_classes: int, feat_dim: int) -> None:
        super().__init__()
        self.register_buffer("centers", torch.randn(num_classes, feat_dim))

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """Half the mean squared distance of (n, d) features from their centers."""
        return 0.5 * (features.float() - self.centers[labels]).square().sum(1).mean()

    @torch.no_grad()
    def step(self, features: Tensor, labels: Tensor, rate: float) -> None:
        """Move the centers of the identities in the batch towards their features.

        Each moves by ``rate`` times the sum of its differences over 1 + their number.
        """
        differences = self.centers[labels] - features.float()
        moves = torch.zeros_like(self.centers).index_add_(0, labels, differences)
        counts = torch.bincount(labels, minlength=len(self.centers))
        self.centers -= rate * moves / (1.0 + counts[:, None])
