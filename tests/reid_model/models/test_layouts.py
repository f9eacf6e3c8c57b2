"""Weights of other trainers land on the right parameters."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from reid_model.config import load_spec
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights import load_weights

SWIN = "swin_tiny_patch4_window7_224"


def _network(seed: int, **model: Any) -> ReIDNetwork:
    torch.manual_seed(seed)
    size = {"input_height": 64, "input_width": 32}
    return ReIDNetwork(load_spec({"model": {**size, **model}}).model, 5)


@pytest.fixture(scope="module")
def swins() -> tuple[ReIDNetwork, ReIDNetwork]:
    return _network(1, backbone=SWIN), _network(2, backbone=SWIN)


def _mmcv_name(name: str) -> str:
    for ours, theirs in (
        ("patch_embed.proj.", "patch_embed.projection."),
        (".attn.", ".attn.w_msa."),
        (".mlp.fc1.", ".ffn.layers.0.0."),
        (".mlp.fc2.", ".ffn.layers.1."),
        ("layers.", "stages."),
    ):
        name = name.replace(ours, theirs, 1) if ours in name else name
    return "norm3." + name[5:] if name.startswith("norm.") else name


def _mmcv_value(value: Tensor) -> Tensor:
    """timm's (2x2, c) patch order to the (c, 2x2) order of nn.Unfold, one entry at a time."""
    channels = value.shape[-1] // 4
    found = torch.empty_like(value)
    for channel in range(channels):
        for row in range(2):
            for column in range(2):
                theirs = channel * 4 + row * 2 + column
                ours = (column * 2 + row) * channels + channel
                found[..., theirs] = value[..., ours]
    return found


def test_soliders_mmcv_layout_becomes_timms(swins: tuple[ReIDNetwork, ReIDNetwork]) -> None:
    source, target = swins
    theirs: dict[str, Tensor] = {}
    for name, value in source.backbone.body.state_dict().items():
        stage = name.split(".")[1]
        if ".downsample." in name:
            name = name.replace(f"layers.{stage}", f"layers.{int(stage) - 1}")
            value = _mmcv_value(value)
        theirs[_mmcv_name(name)] = value
    report = load_weights(target, {"backbone." + n: v for n, v in theirs.items()}, source="s")
    assert report.unexpected == report.wrong_shape == ()
    ours = source.backbone.body.state_dict()
    for name, value in target.backbone.body.state_dict().items():
        assert torch.equal(value, ours[name]), name


def test_the_authors_late_merging_becomes_timms(swins: tuple[ReIDNetwork, ReIDNetwork]) -> None:
    source, _ = swins
    target = _network(3, backbone=SWIN)
    theirs = {}
    for name, value in source.backbone.body.state_dict().items():
        stage = name.split(".")[1]
        late = f"layers.{int(stage) - 1}" if ".downsample." in name else ""
        theirs[name.replace(f"layers.{stage}", late) if late else name] = value
    report = load_weights(target, theirs, source="s")
    assert report.unexpected == ()
    name = "backbone.body.layers.1.downsample.reduction.weight"
    assert torch.equal(target.state_dict()[name], source.state_dict()[name])


def test_taos_head_names_are_known() -> None:
    source, target = _network(1, backbone="resnet_18"), _network(2, backbone="resnet_18")
    theirs = {}
    for name, value in source.state_dict().items():
        name = name.replace("backbone.", "model.base.").replace("head.neck", "model.bottleneck")
        name = name.replace("head.embedding", "model.fcneck").replace("head.", "model.")
        theirs[name] = value
    report = load_weights(target, theirs, source="tao.pth")
    assert report.unexpected == report.missing == report.wrong_shape == ()
    assert torch.equal(target.head.neck.running_mean, source.head.neck.running_mean)
