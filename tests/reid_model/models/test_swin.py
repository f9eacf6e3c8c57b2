"""What Swin's extras do: camera embedding, semantic weight, parts, fused attention."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.match import load_weights

IMAGES = torch.randn(3, 3, 64, 32, generator=torch.Generator().manual_seed(0))


def _network(**model: Any) -> ReIDNetwork:
    base = {"backbone": "swin_tiny_patch4_window7_224", "input_height": 64, "input_width": 32}
    torch.manual_seed(0)
    return ReIDNetwork(load_spec({"model": {**base, **model}}).model, 4, num_cameras=3).eval()


@torch.inference_mode()
def test_cameras_change_the_feature_and_unknown_ones_do_not() -> None:
    network = _network(sie_camera=True)
    cameras = torch.tensor([0, 2, 7])
    plain, told = network.embed(IMAGES), network.embed(IMAGES, cameras)
    moved = (plain - told).abs().amax(1) > 1e-5
    assert moved.tolist() == [True, True, False]


@torch.inference_mode()
def test_the_semantic_weight_is_off_at_one_and_starts_near_the_identity() -> None:
    plain, scaled = _network(), _network(semantic_weight=0.2)
    assert not [name for name, _ in plain.named_parameters() if "semantic" in name]
    scaled.load_state_dict(plain.state_dict(), strict=False)
    assert torch.allclose(plain.embed(IMAGES), scaled.embed(IMAGES), atol=0.5)
    assert not torch.equal(plain.embed(IMAGES), scaled.embed(IMAGES))


@torch.inference_mode()
def test_parts_lengthen_the_feature() -> None:
    network = _network(jpm=True, devide_length=2, reduce_feat_dim=True, feat_dim=40)
    assert network.embed(IMAGES).shape == (3, 120)
    assert network.feat_dim == 120
    assert len(network(IMAGES).parts) == 2


def test_attention_is_fused() -> None:
    flags = [m.fused_attn for m in _network().modules() if hasattr(m, "fused_attn")]
    assert len(flags) == 12
    assert all(flags)


def test_more_parts_than_patches_are_refused() -> None:
    with pytest.raises(ConfigError, match="devide_length 3 is more than the 2 patches"):
        _network(jpm=True, devide_length=3)


@torch.inference_mode()
def test_any_input_size_is_taken() -> None:
    """A border is filled up to whole patches with the mean."""
    odd, whole = _network(input_height=66, input_width=30), _network(input_height=68)
    whole.load_state_dict(odd.state_dict())
    images = torch.randn(2, 3, 66, 30)
    assert odd.backbone(images).shape[2:] == (3, 1)
    filled = torch.nn.functional.pad(images, (0, 2, 0, 2))
    assert torch.allclose(odd.embed(images), whole.embed(filled), atol=1e-6)


@pytest.fixture(scope="module")
def published() -> dict[str, torch.Tensor]:
    """The tensors of a network for 224x224 crops, as ImageNet files hold them."""
    body = _network(input_height=224, input_width=224).backbone.body
    state: dict[str, torch.Tensor] = body.state_dict()
    return state


@pytest.mark.parametrize("size", [(256, 128), (384, 128)])
def test_weights_for_square_crops_load_whole(
    published: dict[str, torch.Tensor], size: tuple[int, int]
) -> None:
    network = _network(input_height=size[0], input_width=size[1])
    report = load_weights(network.backbone, published, source="imagenet.pth")
    assert len(report.matched) == len(published)
    assert report.missing == report.unexpected == report.wrong_shape == ()
    with torch.inference_mode():
        found = network.backbone(torch.randn(1, 3, *size))
    assert found.shape[2:] == (size[0] // 32, size[1] // 32)


def _solider_semantics() -> dict[str, torch.Tensor]:
    """SOLIDER's semantic layers of swin_tiny: random weights in the published shapes."""
    generator = torch.Generator().manual_seed(3)
    return {
        f"backbone.semantic_embed_{part}.{stage}.{name}": torch.randn(*shape, generator=generator)
        for part in "wb"
        for stage, width in enumerate((192, 384, 768, 768))
        for name, shape in (("weight", (width, 2)), ("bias", (width,)))
    }


def test_soliders_semantic_layers_act_between_the_stages() -> None:
    """Each scales the patches that were merged after its stage; the fourth reaches no output."""
    network, theirs = _network(semantic_weight=0.2), _solider_semantics()
    report = load_weights(network, theirs, source="solider.pth")
    assert sorted(report.unexpected) == sorted(name for name in theirs if ".3." in name)
    assert report.wrong_shape == ()
    body, semantic = network.backbone.body, torch.tensor([0.2, 0.8])
    with torch.inference_mode():
        expected = body.patch_embed(IMAGES)
        for stage, layer in enumerate(body.layers):
            if stage:
                scale, shift = (
                    theirs[f"backbone.semantic_embed_{part}.{stage - 1}.weight"] @ semantic
                    + theirs[f"backbone.semantic_embed_{part}.{stage - 1}.bias"]
                    for part in "wb"
                )
                merged = layer.downsample(expected)
                expected = merged * torch.log1p(scale.exp()) + shift
            expected = layer.blocks(expected)
        expected, found = body.norm(expected).permute(0, 3, 1, 2), network.backbone(IMAGES)
    assert torch.allclose(found, expected, atol=1e-4)
