"""Shapes and behaviour of the networks for every backbone and head."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torchvision

from reid_model.config import load_spec
from reid_model.config.families import BACKBONES, SWINS
from reid_model.errors import ConfigError
from reid_model.models.network import ReIDNetwork
from reid_model.models.pooling import generalised_mean
from reid_model.models.resnet import ResNetFeatures

WIDTHS = {"resnet_18": 512, "resnet_34": 512, "resnet_50": 2048}


def _network(**model: Any) -> ReIDNetwork:
    model = {"backbone": "osnet_x0_25", "input_height": 64, "input_width": 32, **model}
    torch.manual_seed(0)
    return ReIDNetwork(load_spec({"model": model}).model, num_classes=7)


@pytest.mark.slow
@pytest.mark.parametrize("backbone", BACKBONES)
def test_every_backbone_gives_scores_and_embeddings(backbone: str) -> None:
    feat_dim = {} if backbone in SWINS else {"feat_dim": 48}
    network = _network(backbone=backbone, **feat_dim).eval()
    images = torch.randn(2, 3, 64, 32)
    with torch.inference_mode():
        outputs = network(images)
        embedded = network.embed(images)
    assert outputs.whole.scores.shape == (2, 7)
    width = network.feat_dim if backbone in SWINS else 48
    assert outputs.whole.features.shape == embedded.shape == (2, width)


@pytest.mark.parametrize("backbone", ["resnet_18_ibn_a", "osnet_ain_x0_25"])
def test_crops_of_one_pixel_on_the_last_map_are_refused(backbone: str) -> None:
    with pytest.raises(ConfigError, match="at least 32 pixels"):
        _network(backbone=backbone, input_height=16, input_width=16)
    network = _network(backbone=backbone, input_height=32, input_width=16)
    assert network(torch.randn(2, 3, 32, 16)).whole.scores.shape == (2, 7)


@pytest.mark.parametrize("name", WIDTHS)
def test_resnets_have_torchvisions_blocks_and_take_its_weights(name: str) -> None:
    reference = getattr(torchvision.models, name.replace("_", ""))(weights=None)
    features = ResNetFeatures(name, last_stride=2)
    missing, unexpected = features.load_state_dict(reference.state_dict(), strict=False)
    assert missing == []
    assert unexpected == ["fc.weight", "fc.bias"]
    reference.fc = torch.nn.Identity()
    images = torch.randn(1, 3, 64, 32)
    pooled = features.eval()(images).mean((2, 3))
    assert features.width == WIDTHS[name]
    assert torch.allclose(pooled, reference.eval()(images), atol=1e-4)


def test_last_stride_one_doubles_the_map() -> None:
    images = torch.randn(1, 3, 64, 32)
    for name in ("resnet_18", "resnet_50"):
        assert ResNetFeatures(name, last_stride=1)(images).shape[2:] == (4, 2)
        assert ResNetFeatures(name, last_stride=2)(images).shape[2:] == (2, 1)


def test_the_embedding_layer_is_absent_where_the_width_fits() -> None:
    assert isinstance(_network(feat_dim=128).head.embedding, torch.nn.Identity)
    assert isinstance(_network(feat_dim=64).head.embedding, torch.nn.Linear)


def test_the_bnnecks_bias_is_fixed() -> None:
    frozen = [name for name, value in _network().named_parameters() if not value.requires_grad]
    assert frozen == ["head.neck.bias"]


def test_the_retrieval_feature_is_before_or_after_the_neck() -> None:
    images = torch.randn(2, 3, 64, 32)
    for where in ("before", "after"):
        network = _network(neck_feat=where).eval()
        network.head.neck.running_mean.fill_(5.0)
        features = network(images).whole.features
        assert torch.allclose(network.embed(images), features) is (where == "before")


def test_without_a_neck_both_are_the_same() -> None:
    network = _network(neck="no").eval()
    images = torch.randn(2, 3, 64, 32)
    assert torch.equal(network.embed(images), network(images).whole.features)


def test_the_flip_feature_is_the_mean_of_both_views() -> None:
    network = _network(with_flip_feature=True).eval()
    images = torch.randn(2, 3, 64, 32)
    assert torch.allclose(network.embed(images), network.embed(images.flip(-1)), atol=1e-5)


def test_gem_starts_between_mean_and_maximum() -> None:
    network = _network(gem_pooling=True)
    pooled = network.pool(torch.tensor([[[[1.0, 3.0]]]]))
    assert 2.0 < pooled.item() < 3.0
    assert "pool.power" in dict(network.named_parameters())


@pytest.mark.parametrize("power", [1.0, 3.0, 9.0])
def test_gem_of_a_dead_channel_has_a_finite_gradient(power: float) -> None:
    features = torch.zeros(2, 3, 4, 2, requires_grad=True)
    learned = torch.tensor(power, requires_grad=True)
    generalised_mean(features, learned).sum().backward()
    for value in (features, learned):
        assert value.grad is not None
        assert torch.isfinite(value.grad).all()


def test_gem_equals_its_formula() -> None:
    features = torch.rand(2, 3, 4, 2, generator=torch.Generator().manual_seed(0)) + 0.1
    found = generalised_mean(features, torch.tensor(2.5))
    slow = features.double().pow(2.5).mean((2, 3)).pow(1 / 2.5)
    assert torch.allclose(found.double(), slow, rtol=1e-5)


def test_one_channel_is_accepted() -> None:
    spec = {
        "model": {"backbone": "resnet_18", "input_channels": 1},
        "dataset": {"pixel_mean": [0.5], "pixel_std": [0.2]},
    }
    network = ReIDNetwork(load_spec(spec).model, num_classes=3).eval()
    assert network.embed(torch.randn(1, 1, 64, 32)).shape == (1, 256)


def test_cosines_stay_in_float32_under_mixed_precision() -> None:
    head = _network(cos_layer=True).head
    pooled = torch.randn(4, 128)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        features = head.embedding(pooled)
        scores = head.classifier(features)
    assert scores.dtype == torch.float32
    expected = torch.nn.functional.normalize(features.double()) @ (
        torch.nn.functional.normalize(head.classifier.weight.double()).T
    )
    assert torch.allclose(scores.double(), expected, atol=1e-6)
