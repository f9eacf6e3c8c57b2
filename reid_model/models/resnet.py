"""ResNet-18 to -152 and IBN-ResNets as feature extractors, on torchvision's networks."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from reid_model.models.ibn import add_instance_norms
from reid_model.models.non_local import COUNTS, non_local_blocks


def torchvision_name(backbone: str) -> str:
    """What torchvision calls the ResNet of ``resnet_18`` or ``resnet_18_ibn_a``: ``resnet18``."""
    return backbone.partition("_ibn")[0].replace("_", "")


class ResNetFeatures(nn.Module):
    """The convolutional part of a ResNet: (n, channels, h, w) to (n, width, h / 32, w / 32).

    With ``last_stride`` 1 the map is twice as high and wide (Luo et al., CVPRW 2019, section 4.4).
    Parameters keep torchvision's and IBN-Net's names, so their weights load as they are.
    """

    def __init__(
        self,
        name: str,
        *,
        last_stride: int = 1,
        input_channels: int = 3,
        non_local: bool = False,
    ) -> None:
        super().__init__()
        import torchvision  # a second, which other networks do without

        net: Any = torchvision.models.get_model(torchvision_name(name), weights=None)
        self.width = int(net.fc.in_features)
        kind = name.partition("_ibn_")[2]
        if kind:
            add_instance_norms(net, kind)
        if input_channels != 3:
            net.conv1 = nn.Conv2d(input_channels, 64, 7, stride=2, padding=3, bias=False)
        _set_stride(net.layer4[0], last_stride)
        self.conv1, self.bn1, self.relu, self.maxpool = net.conv1, net.bn1, net.relu, net.maxpool
        self.layer1, self.layer2 = net.layer1, net.layer2
        self.layer3, self.layer4 = net.layer3, net.layer4
        counts = COUNTS[torchvision_name(name)] if non_local else (0, 0)
        self.NL_2, self.NL_3 = map(non_local_blocks, (net.layer2, net.layer3), counts)

    def forward(self, images: Tensor) -> Tensor:
        """The last stage's feature map."""
        found: Tensor = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        found = _through(self.layer2, self.NL_2, self.layer1(found))
        found = _through(self.layer3, self.NL_3, found)
        last: Tensor = self.layer4(found)
        return last

    def without_first_relu(self) -> None:
        """Leave out the ReLU after the first normalisation, as the network of Luo et al. does."""
        self.relu = nn.Identity()

    def pool_without_padding(self) -> None:
        """Pool as fast-reid's ResNets do: windows that hang over the edge instead of padding."""
        self.maxpool = nn.MaxPool2d(3, stride=2, ceil_mode=True)


def _through(stage: nn.Sequential, non_local: nn.ModuleList, images: Tensor) -> Tensor:
    """The map after a stage, whose last blocks are each followed by a non-local one."""
    for left, block in zip(range(len(stage), 0, -1), stage, strict=True):
        images = block(images)
        if left <= len(non_local):
            images = non_local[-left](images)
    return images


def _set_stride(block: Any, stride: int) -> None:
    """Bottleneck blocks carry their stride in conv2, basic blocks in conv1."""
    strided = block.conv2 if hasattr(block, "conv3") else block.conv1
    strided.stride = (stride, stride)
    block.downsample[0].stride = (stride, stride)
