"""Center loss: features drawn to a running center of their identity.

Wen et al., "A discriminative feature learning approach for deep face recognition" (ECCV 2016). The
centers are learned by an SGD of their own, in float32 and outside the weights and the loss scaling
of the training loss, as in Luo et al., "Bag of Tricks" (CVPRW 2019). They travel in the checkpoint;
an SGD without momentum has nothing else to save.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class CenterLoss(nn.Module):
    """One center (d,) for each of the training identities, stepped at ``rate``.

    A batch comes in ``accumulate`` micro-batches of equal size; the centers move after the last, as
    far as the whole batch moves them.
    """

    def __init__(self, num_classes: int, feat_dim: int, rate: float, accumulate: int = 1) -> None:
        super().__init__()
        self._accumulate = accumulate
        self._gradients: list[Tensor] = []  # of the batch's micro-batches so far
        # No gradient by the training loss: DDP and its scaling leave the centers alone.
        self.centers = nn.Parameter(torch.randn(num_classes, feat_dim), requires_grad=False)
        self._optimizer = torch.optim.SGD([self.centers], rate)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        """The mean squared distance of (n, d) features from their centers.

        Without the half of the paper's equation, as in the code of Luo et al., of which the weight
        0.0005 is published, and in TAO's.
        """
        return _loss(features, self.centers, labels)

    def step(self, features: Tensor, labels: Tensor) -> None:
        """Move the centers of the identities in the batch against the gradient of their loss."""
        with torch.enable_grad():
            centers = self.centers.detach().requires_grad_()
            loss = _loss(features.detach(), centers, labels) / self._accumulate
            self._gradients += torch.autograd.grad(loss, centers)
        if len(self._gradients) == self._accumulate:
            self.centers.grad = torch.stack(self._gradients).sum(0)
            self._gradients.clear()
            self._optimizer.step()
            self._optimizer.zero_grad()


def _loss(features: Tensor, centers: Tensor, labels: Tensor) -> Tensor:
    return (features.float() - centers[labels]).square().sum(1).mean()
