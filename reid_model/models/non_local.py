"""Non-local blocks: each pixel of a map sees all others, as in AGW.

Wang et al., "Non-local neural networks" (CVPR 2018), as Ye et al., "Deep learning for person
re-identification: a survey and outlook" (TPAMI 2021) and fast-reid have them, named as in their
weight files: products without softmax, of one channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from torch import Tensor, nn

COUNTS: Final[Mapping[str, tuple[int, int]]] = {"resnet50": (2, 3), "resnet101": (2, 9)}
"""How many of the last blocks of stages 2 and 3 are followed by one; AGW has ResNet-50 alone."""


class NonLocal(nn.Module):
    """Residual non-local block; the identity at initialisation: the last norm's scale is 0."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.g, self.theta, self.phi = (nn.Conv2d(width, 1, 1) for _ in range(3))
        norm = nn.BatchNorm2d(width)
        nn.init.zeros_(norm.weight)
        self.W = nn.Sequential(nn.Conv2d(1, width, 1), norm)

    def forward(self, images: Tensor) -> Tensor:
        """An (n, c, h, w) map to one of its shape.

        (theta phi^T) g / pixels is evaluated right to left, without the pixels x pixels matrix.
        """
        seen = (self.phi(images) * self.g(images)).mean((2, 3), keepdim=True)
        told: Tensor = self.W(self.theta(images) * seen)
        return told + images


def non_local_blocks(stage: Any, count: int) -> nn.ModuleList:
    """The blocks for the last ``count`` of a stage of torchvision's ResNet."""
    return nn.ModuleList(NonLocal(stage[-1].conv3.out_channels) for _ in range(count))
