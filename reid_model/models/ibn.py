"""IBN-ResNets: instance beside batch normalisation, for data from other cameras than training's.

Pan et al., "Two at Once: Enhancing Learning and Generalization Capacities via IBN-Net" (ECCV 2018).
Parameters are named as in its authors' weight files, which torchreid and fast-reid share.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def add_instance_norms(net: Any, kind: str) -> None:
    """Make a ResNet of torchvision an IBN-ResNet of ``kind`` a or b, before weights are loaded."""
    if kind == "a":
        for stage in (net.layer1, net.layer2, net.layer3):
            for block in stage:
                block.bn1 = _HalfInstanceNorm(block.bn1.num_features)
        return
    net.bn1 = nn.InstanceNorm2d(net.bn1.num_features, affine=True)
    for stage in (net.layer1, net.layer2):
        stage[-1] = _NormedSum(stage[-1])


class _HalfInstanceNorm(nn.Module):
    """Instance normalisation of the first half of the channels, batch normalisation of the rest."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self._half = width // 2
        self.IN = nn.InstanceNorm2d(self._half, affine=True)
        self.BN = nn.BatchNorm2d(width - self._half)

    def forward(self, images: Tensor) -> Tensor:
        first, second = images[:, : self._half], images[:, self._half :]
        return torch.cat([self.IN(first), self.BN(second)], 1)


class _NormedSum(nn.Module):
    """A bottleneck block that keeps the width, its sum normalised by instance."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.conv1, self.conv2, self.conv3 = block.conv1, block.conv2, block.conv3
        self.bn1, self.bn2, self.bn3 = block.bn1, block.bn2, block.bn3
        self.IN = nn.InstanceNorm2d(block.conv3.out_channels, affine=True)
        self.relu = block.relu

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.relu(self.bn1(self.conv1(images)))
        found = self.relu(self.bn2(self.conv2(found)))
        found = self.bn3(self.conv3(found)) + images
        normed: Tensor = self.relu(self.IN(found))
        return normed
