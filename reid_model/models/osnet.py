"""OSNet: a small backbone that looks at several scales at once, for machines without a GPU.

Zhou et al., "Omni-scale feature learning for person re-identification" (ICCV 2019). Parameters are
named as in its authors' weight files, so these load as they are.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

WIDTHS = {
    "osnet_x0_25": (16, 64, 96, 128),
    "osnet_x0_5": (32, 128, 192, 256),
    "osnet_x0_75": (48, 192, 288, 384),
    "osnet_x1_0": (64, 256, 384, 512),
}
_SCALES = 4
_BOTTLENECK = 4
_GATE_REDUCTION = 16


class OSNetFeatures(nn.Module):
    """The convolutional part of OSNet: (n, channels, h, w) to (n, width, h / 16, w / 16)."""

    def __init__(self, name: str, *, input_channels: int = 3) -> None:
        super().__init__()
        widths = WIDTHS[name]
        self.width = widths[-1]
        self.conv1 = ConvUnit(input_channels, widths[0], 7, stride=2)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        stages = [_stage(narrow, wide) for narrow, wide in pairwise(widths)]
        self.conv2 = _with_transition(stages[0], widths[1])
        self.conv3 = _with_transition(stages[1], widths[2])
        self.conv4 = stages[2]
        self.conv5 = ConvUnit(self.width, self.width, 1)
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """The last stage's feature map."""
        found: Tensor = self.maxpool(self.conv1(images))
        for stage in (self.conv2, self.conv3, self.conv4, self.conv5):
            found = stage(found)
        return found


class ConvUnit(nn.Module):
    """Convolution, batch normalisation and, unless ``linear``, a ReLU."""

    def __init__(
        self, narrow: int, wide: int, kernel: int, *, stride: int = 1, linear: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(narrow, wide, kernel, stride=stride, padding=kernel // 2, bias=False)
        self.bn: nn.Module = nn.BatchNorm2d(wide)
        self._linear = linear

    def forward(self, images: Tensor) -> Tensor:
        """The map, changed by the layers in turn."""
        found: Tensor = self.bn(self.conv(images))
        return found if self._linear else found.relu_()


class LightConv(nn.Module):
    """A 3x3 convolution as 1x1 followed by depthwise 3x3 (section 3.1 of the paper)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(width, width, 1, bias=False)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.bn = nn.BatchNorm2d(width)

    def forward(self, images: Tensor) -> Tensor:
        """The map, changed by the layers in turn."""
        found: Tensor = self.bn(self.conv2(self.conv1(images)))
        return found.relu_()


class Gate(nn.Module):
    """Weighs each channel by what the whole map shows; shared by all scales (section 3.2)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        hidden = max(1, width // _GATE_REDUCTION)
        self.fc1 = nn.Conv2d(width, hidden, 1)
        self.fc2 = nn.Conv2d(hidden, width, 1)

    def forward(self, images: Tensor) -> Tensor:
        """The map with its channels weighed."""
        seen: Tensor = self.fc1(images.mean((2, 3), keepdim=True))
        weights: Tensor = self.fc2(seen.relu_())
        return images * weights.sigmoid()


class _Block(nn.Module):
    """A residual bottleneck whose middle sums streams of 1 to 4 light convolutions, gated."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        middle = wide // _BOTTLENECK
        self.conv1 = ConvUnit(narrow, middle, 1)
        self.conv2a = LightConv(middle)
        self.conv2b, self.conv2c, self.conv2d = (
            nn.Sequential(*(LightConv(middle) for _ in range(depth)))
            for depth in range(2, _SCALES + 1)
        )
        self.gate = Gate(middle)
        self.conv3 = ConvUnit(middle, wide, 1, linear=True)
        self.downsample = (
            nn.Identity() if narrow == wide else ConvUnit(narrow, wide, 1, linear=True)
        )

    def forward(self, images: Tensor) -> Tensor:
        narrow = self.conv1(images)
        streams = (self.conv2a, self.conv2b, self.conv2c, self.conv2d)
        gated = [self.gate(stream(narrow)) for stream in streams]
        merged = torch.stack(gated).sum(0)
        found: Tensor = self.conv3(merged) + self.downsample(images)
        return found.relu_()


def _stage(narrow: int, wide: int) -> nn.Sequential:
    return nn.Sequential(_Block(narrow, wide), _Block(wide, wide))


def _with_transition(stage: nn.Sequential, width: int) -> nn.Sequential:
    """A stage and the halving of its map."""
    transition = nn.Sequential(ConvUnit(width, width, 1), nn.AvgPool2d(2, stride=2))
    return nn.Sequential(*stage, transition)


def initialise(network: nn.Module) -> None:
    """The random weights with which training from scratch starts."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
