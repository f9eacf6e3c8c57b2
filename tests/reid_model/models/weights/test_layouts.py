"""Weights of other trainers land on the right parameters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from reid_model.config import load_spec
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.resnet import ResNetFeatures
from reid_model.models.weights.foreign import network_of_weights
from reid_model.models.weights.match import load_weights

SWIN = "swin_tiny_patch4_window7_224"
SIZE = {"input_height": 64, "input_width": 32}
SMALL_SWIN: dict[str, Any] = {"backbone": SWIN, "reduce_feat_dim": True, "feat_dim": 32}
MODELS = {
    "resnet_18": load_spec({"model": {**SIZE, "backbone": "resnet_18"}}).model,
    "swin": load_spec({"model": {**SIZE, **SMALL_SWIN}}).model,
}


def _network(seed: int, **model: Any) -> ReIDNetwork:
    torch.manual_seed(seed)
    return ReIDNetwork(load_spec({"model": {**SIZE, **model}}).model, 5)


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


def _taos(source: ReIDNetwork) -> dict[str, Tensor]:
    """A network's weights as TAO writes them: its ResNets reduce by a 1x1 convolution."""
    resnet, theirs = isinstance(source.backbone, ResNetFeatures), {}
    for name, value in source.state_dict().items():
        name = name.replace("backbone.body.", "model.base.").replace("backbone.", "model.base.")
        name = name.replace("head.neck", "model.bottleneck")
        reduced = "model.base.feature" if resnet else "model.fcneck"
        if name == "head.embedding.weight" and resnet:
            value = value[:, :, None, None]
        if name == "head.embedding.bias" and not resnet:
            continue
        theirs[name.replace("head.embedding", reduced).replace("head.", "model.")] = value
    return theirs


def test_taos_head_names_are_known() -> None:
    source, target = _network(1, backbone="resnet_18"), _network(2, backbone="resnet_18")
    report = load_weights(target, _taos(source), source="tao.pth")
    assert report.unexpected == report.missing == report.wrong_shape == ()
    assert torch.equal(target.head.embedding.weight, source.head.embedding.weight)
    assert torch.equal(target.head.neck.running_mean, source.head.neck.running_mean)


@torch.inference_mode()
def test_taos_resnets_compute_what_they_were_trained_to() -> None:
    """Reduction before the pooling, and no ReLU after the first normalisation."""
    source = _network(1, backbone="resnet_18").eval()
    found, _ = network_of_weights(_taos(source), MODELS["resnet_18"], source="tao.pth")
    images = torch.randn(2, 3, 64, 32)
    body: Any = source.backbone
    seen = body.maxpool(body.bn1(body.conv1(images)))
    for stage in (body.layer1, body.layer2, body.layer3, body.layer4):
        seen = stage(seen)
    weight, bias = source.head.embedding.weight, source.head.embedding.bias
    reduced = torch.nn.functional.conv2d(seen, weight[:, :, None, None], bias).mean((2, 3))
    assert torch.allclose(found.embed(images), source.head.neck(reduced), atol=1e-5)
    own, _ = network_of_weights(source.state_dict(), MODELS["resnet_18"], source="own.pth")
    assert torch.equal(own.embed(images), source.embed(images))


@torch.inference_mode()
def test_taos_swins_reduce_without_a_bias() -> None:
    source = _network(1, **SMALL_SWIN).eval()
    found, _ = network_of_weights(_taos(source), MODELS["swin"], source="tao.pth")
    images = torch.randn(2, 3, 64, 32)
    assert torch.equal(found.embed(images), source.embed(images))


def test_semantic_layers_that_the_spec_leaves_out_are_told() -> None:
    weights = dict(_taos(_network(1, **SMALL_SWIN, semantic_weight=0.2)))
    weights |= {"model.base.semantic_embed_w.3.weight": torch.zeros(768, 2)}
    solider = {
        name.replace("model.semantic.scale", "model.base.semantic_embed_w").replace(
            "model.semantic.shift", "model.base.semantic_embed_b"
        ): value
        for name, value in weights.items()
    }
    with pytest.raises(CheckpointError, match=r"model.semantic_weight \(1.0 leaves"):
        network_of_weights(solider, MODELS["swin"], source="solider.pth")
    semantic = replace(MODELS["swin"], semantic_weight=0.2)
    assert network_of_weights(solider, semantic, source="solider.pth")[0].num_classes == 5
