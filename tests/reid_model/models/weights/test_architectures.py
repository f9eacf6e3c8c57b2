"""What a file of weights seems to hold, by names and shapes."""

from __future__ import annotations

import pytest
import torch

from reid_model.config import load_spec
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.architectures import recognised


def _shapes(**shapes: tuple[int, ...]) -> dict[str, torch.Tensor]:
    return {name.replace("__", "."): torch.empty(shape) for name, shape in shapes.items()}


@pytest.mark.parametrize(
    "backbone",
    ["osnet_x0_25", "osnet_x1_0", "osnet_ain_x1_0", "resnet_18", "resnet_34", "resnet_50",
     "resnet_18_ibn_a", "resnet_50_ibn_a", "resnet_50_ibn_b", "swin_tiny_patch4_window7_224"],
)  # fmt: skip
def test_our_own_are_recognised(backbone: str) -> None:
    network = ReIDNetwork(load_spec({"model": {"backbone": backbone}}).model, 2)
    weights = {f"module.{name}": value for name, value in network.state_dict().items()}
    assert recognised(weights) == backbone


def test_variants_and_strangers_are_told_apart() -> None:
    osnet = {"conv1__conv__weight": (32, 3, 7, 7), "conv2__0__conv1__conv__weight": (16, 64, 1, 1)}
    assert recognised(_shapes(**osnet)) == "osnet_x0_5"
    assert recognised(_shapes(**osnet, conv2__0__IN__weight=(64,))) == "osnet_ibn_x0_5 (OSNet-IBN)"
    layers = "conv2__0__conv2__0__layers__0__conv1__weight"
    assert recognised(_shapes(**osnet, **{layers: (16, 16, 1, 1)})) == "osnet_ain_x0_5"
    resnet = {
        f"layer{stage}__{block}__conv{number}__weight": (64, 64, 3, 3)
        for stage, blocks in enumerate((3, 4, 6, 3), start=1)
        for block in range(blocks)
        for number in (1, 2, 3)
    }
    assert recognised(_shapes(**resnet)) == "resnet_50"
    ibn = {"layer1__0__bn1__IN__weight": (32,)}
    assert recognised(_shapes(**resnet, **ibn)) == "resnet_50_ibn_a"
    vit = {
        "blocks__0__attn__qkv__weight": (2304, 768),
        "patch_embed__proj__weight": (768, 3, 16, 16),
    }
    assert recognised(_shapes(**vit)) == "a vision transformer (ViT-base, patches of 16)"
    assert recognised(_shapes(visual__conv1__weight=(64, 3, 3, 3))) == "CLIP"
    assert recognised(_shapes(anything__weight=(2, 2))) == ""
