"""Vision transformers as TransReID has them: its own numbers, its weights, and what is refused.

The expected numbers come from its own code (damo-cv/TransReID), for a ViT of 192 numbers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import timm
import torch
from networks.filled_weights import filled
from torch import Tensor

from reid_model.config import load_spec
from reid_model.errors import CheckpointError, ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.foreign import network_of_weights
from reid_model.models.weights.pretrained import start_from_weights

SIZE = {"input_height": 64, "input_width": 40}
VIT = {"backbone": "timm:vit_tiny_patch16_224", **SIZE, "neck_feat": "before"}
WHOLE = {**VIT, "patch_stride": 12, "sie_camera": True, "jpm": True}
CAMERAS, WIDTH, CLASSES, PATCHES = 3, 192, 7, 5 * 3


def network(**model: Any) -> ReIDNetwork:
    torch.manual_seed(0)
    return ReIDNetwork(load_spec({"model": {**VIT, **model}}).model, CLASSES, CAMERAS + 1).eval()


def theirs() -> dict[str, Tensor]:
    """A checkpoint of its network with parts and cameras, under its names."""
    body = timm.create_model("vit_tiny_patch16_224", num_classes=0).state_dict()
    shapes = {f"base.{name}": tuple(value.shape) for name, value in body.items()}
    shapes["base.pos_embed"] = (1, 1 + PATCHES, WIDTH)
    shapes["base.sie_embed"] = (CAMERAS, 1, WIDTH)
    for name, shape in list(shapes.items()):
        for branch in ("b1", "b2"):
            for start, place in (("base.blocks.11.", "0."), ("base.norm.", "1.")):
                if name.startswith(start):
                    shapes[f"{branch}.{place}{name.removeprefix(start)}"] = shape
    for part in ("", "_1", "_2", "_3", "_4"):
        shapes[f"classifier{part}.weight"] = (CLASSES, WIDTH)
        for name in ("weight", "bias", "running_mean", "running_var"):
            shapes[f"bottleneck{part}.{name}"] = (WIDTH,)
    return {name: filled(name, shape) for name, shape in shapes.items()}


@torch.inference_mode()
def test_embeddings_are_theirs() -> None:
    """Their camera 1 is camera 2 of the names; an odd number of patches, of which one is left."""
    model = load_spec({"model": WHOLE}).model
    found, told = network_of_weights(theirs(), model, source="theirs")
    images = torch.randn(1, 3, 64, 40, generator=torch.Generator().manual_seed(0))
    embedded = found.embed(images, torch.tensor([2]))
    assert embedded.shape == (1, 5 * WIDTH)
    expected = [0.10028, -0.2919, -0.99735, 1.26367, 0.05948, -0.14428, -0.16474, -0.2182, 0.02293]
    numbers = torch.cat([embedded[0, :4], embedded[0, WIDTH : WIDTH + 2], embedded[0, -3:]])
    assert numbers.tolist() == pytest.approx(expected, abs=2e-5)
    assert embedded.norm().item() == pytest.approx(15.862044, rel=1e-5)
    assert "a last block that TransReID's branches replace (base.blocks.11" in told
    whole = found(images, torch.tensor([2]))
    assert [part.scores.shape for part in whole.parts] == [(1, CLASSES)] * 4


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"jpm": False}, "model.jpm"),
        ({"jpm": True, "devide_length": 2}, "model.jpm, model.devide_length"),
        ({"sie_camera": False}, "model.sie_camera"),
        ({"patch_stride": 0}, "model.patch_stride, model.input_height, model.input_width"),
    ],
)
def test_a_spec_that_does_not_describe_the_file_is_told_by_key(
    change: dict[str, Any], keys: str
) -> None:
    model = load_spec({"model": {**WHOLE, **change}}).model
    with pytest.raises(CheckpointError, match=f"these keys do not describe it: {keys}"):
        network_of_weights(theirs(), model, source="theirs")


@torch.inference_mode()
def test_a_camera_that_is_unknown_adds_nothing() -> None:
    seeing, blind = network(sie_camera=True), network()
    missing, unexpected = blind.load_state_dict(seeing.state_dict(), strict=False)
    assert (missing, unexpected) == ([], ["backbone.camera.table"])
    images = torch.randn(2, 3, 64, 40)
    expected = blind.embed(images)
    torch.testing.assert_close(seeing.embed(images), expected)
    torch.testing.assert_close(seeing.embed(images, torch.tensor([9, 4])), expected)
    seen = seeing.embed(images, torch.tensor([9, 3]))
    torch.testing.assert_close(seen[0], expected[0])
    assert not torch.allclose(seen[1], expected[1], atol=1e-3)
    off = network(sie_camera=True, sie_coe=0.0)
    assert not hasattr(off.backbone.camera, "table")


def test_parts_start_from_the_last_block_of_published_weights(tmp_path: Path) -> None:
    file = tmp_path / "vit.pth"
    source = timm.create_model("vit_tiny_patch16_224", num_classes=3)
    torch.save(source.state_dict(), file)
    model = load_spec({"model": {**WHOLE, "pretrained_model_path": str(file)}}).model
    net = ReIDNetwork(model, CLASSES, CAMERAS)
    start_from_weights(net, model)
    block, norm = net.backbone.part_block
    for name, value in source.blocks[-1].state_dict().items():
        torch.testing.assert_close(block.state_dict()[name], value)
        torch.testing.assert_close(net.backbone.body.blocks[-1].state_dict()[name], value)
    torch.testing.assert_close(norm.weight, source.norm.weight)
    assert net.backbone.body.pos_embed.shape == (1, 1 + PATCHES, WIDTH)
    torch.testing.assert_close(net.backbone.body.pos_embed[:, 0], source.pos_embed[:, 0])


def test_their_checkpoint_is_a_start_too(tmp_path: Path) -> None:
    torch.save(theirs(), tmp_path / "theirs.pth")
    path = str(tmp_path / "theirs.pth")
    model = load_spec({"model": {**WHOLE, "pretrained_model_path": path}}).model
    net = ReIDNetwork(model, 2, CAMERAS + 1)
    assert "14 of the file replaced" in start_from_weights(net, model)
    own = net.backbone.part_block.state_dict()
    torch.testing.assert_close(own["0.mlp.fc1.weight"], theirs()["b2.0.mlp.fc1.weight"])


def test_positions_that_cannot_be_resampled_are_no_silent_loss(tmp_path: Path) -> None:
    torch.save(theirs(), tmp_path / "theirs.pth")
    given = {**WHOLE, "patch_stride": 8, "pretrained_model_path": str(tmp_path / "theirs.pth")}
    model = load_spec({"model": given}).model
    with pytest.raises(CheckpointError, match=r"not square.*16, 192.*29, 192.*model.patch_stride"):
        start_from_weights(ReIDNetwork(model, CLASSES, CAMERAS + 1), model)
    model = load_spec({"model": {**given, "pretrained_partial": True}}).model
    told = start_from_weights(ReIDNetwork(model, CLASSES, CAMERAS + 1), model)
    assert "1 of another shape" in told


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ({"patch_stride": 17}, "model.patch_stride 17 leaves gaps between patches of 16 pixels"),
        (
            {"backbone": "timm:convnext_atto", "patch_stride": 2},
            "model.patch_stride 2 has no effect",
        ),
        ({"backbone": "timm:convnext_atto", "sie_camera": True}, "not on timm:convnext_atto"),
        (
            {"backbone": "timm:vit_small_patch16_dinov3", "sie_camera": True},
            "model.sie_camera true",
        ),
        ({"backbone": "timm:vit_small_patch16_dinov3", "patch_stride": 8}, "model.patch_stride 8"),
        ({"backbone": "resnet_18", "patch_stride": 8}, "model.patch_stride 8 has no effect unless"),
        (
            {"backbone": "resnet_18", "sie_camera": True},
            "model.sie_camera True has no effect unless",
        ),
        ({"sie_coe": 1.0}, "model.sie_coe 1.0 has no effect unless"),
        ({"stride_size": [12, 12]}, "set model.patch_stride"),
    ],
)
def test_what_cannot_act_is_one_error(model: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        network(**model)


@pytest.mark.parametrize(
    "backbone",
    [
        "deit_tiny_distilled_patch16_224",
        "vit_small_patch14_reg4_dinov2",
        "vit_xsmall_patch16_clip_224",
    ],
)
@torch.inference_mode()
def test_tokens_of_any_kind_go_with_each_part(backbone: str) -> None:
    net = network(backbone=f"timm:{backbone}", jpm=True, patch_stride=8, sie_camera=True)
    body, images = net.backbone.body, torch.randn(1, 3, 64, 40)
    found = net.embed(images)
    plain = body.forward_head(body.forward_features(images), pre_logits=True)
    torch.testing.assert_close(found[:, : plain.shape[1]], plain)
    assert found.shape == (1, 5 * plain.shape[1])
