"""OSNet-AIN: OSNet with instance normalisation where a search found that it helps on other data.

Zhou et al., "Learning generalisable omni-scale representations for person re-identification"
(TPAMI 2021). Parameters are named as in its authors' weight files, so these load as they are.
"""

from __future__ import annotations

from torch import Tensor, nn

from reid_model.models.osnet import WIDTHS, ConvUnit, Gate, LightConv, initialise

_SCALES = 4
_BOTTLENECK = 4


class OSNetAINFeatures(nn.Module):
    """The convolutional part of OSNet-AIN: (n, channels, h, w) to (n, width, h / 16, w / 16)."""

    def __init__(self, name: str, *, input_channels: int = 3) -> None:
        super().__init__()
        first, second, third, self.width = WIDTHS[name.replace("_ain", "")]
        self.conv1 = ConvUnit(input_channels, first, 7, stride=2)
        self.conv1.bn = nn.InstanceNorm2d(first, affine=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.conv2 = nn.Sequential(_NormedBlock(first, second), _NormedBlock(second, second))
        self.pool2 = _transition(second)
        self.conv3 = nn.Sequential(_AinBlock(second, third), _NormedBlock(third, third))
        self.pool3 = _transition(third)
        self.conv4 = nn.Sequential(
            _NormedBlock(third, self.width), _AinBlock(self.width, self.width)
        )
        self.conv5 = ConvUnit(self.width, self.width, 1)
        initialise(self)

    def forward(self, images: Tensor) -> Tensor:
        """The last stage's feature map."""
        found: Tensor = self.maxpool(self.conv1(images))
        for stage in (self.conv2, self.pool2, self.conv3, self.pool3, self.conv4, self.conv5):
            found = stage(found)
        return found


class _Stream(nn.Module):
    """Light convolutions one after the other."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(LightConv(width) for _ in range(depth)))

    def forward(self, images: Tensor) -> Tensor:
        found: Tensor = self.layers(images)
        return found


class _AinBlock(nn.Module):
    """A residual bottleneck whose middle sums streams of 1 to 4 light convolutions, gated."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        middle = wide // _BOTTLENECK
        self.conv1 = ConvUnit(narrow, middle, 1)
        self.conv2 = nn.ModuleList(_Stream(middle, depth) for depth in range(1, _SCALES + 1))
        self.gate = Gate(middle)
        self.conv3 = ConvUnit(middle, wide, 1, linear=True)
        self.IN: nn.Module = nn.Identity()
        self.downsample = (
            nn.Identity() if narrow == wide else ConvUnit(narrow, wide, 1, linear=True)
        )

    def forward(self, images: Tensor) -> Tensor:
        narrow = self.conv1(images)
        merged = sum(self.gate(stream(narrow)) for stream in self.conv2)
        found: Tensor = self.IN(self.conv3(merged)) + self.downsample(images)
        return found.relu_()


class _NormedBlock(_AinBlock):
    """A block whose residual is normalised by instance in place of by batch."""

    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__(narrow, wide)
        self.conv3.bn = nn.Identity()
        self.IN = nn.InstanceNorm2d(wide, affine=True)


def _transition(width: int) -> nn.Sequential:
    """The halving of a stage's map."""
    return nn.Sequential(ConvUnit(width, width, 1), nn.AvgPool2d(2, stride=2))
