"""Weights, parts, center loss and mixed precision of the combined losses."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from reid_model.config import load_spec
from reid_model.models.head import HeadOutput
from reid_model.models.network import Outputs, ReIDNetwork
from reid_model.module.losses import WeightedLosses

KINDS = ("softmax", "arcface", "cosface", "amsoftmax", "circle")
LABELS = torch.tensor([0, 0, 1, 1, 2, 2])


def _losses(**spec: dict[str, Any]) -> WeightedLosses:
    torch.manual_seed(0)
    return WeightedLosses(load_spec(spec), num_classes=3, feat_dim=4)


def _head(seed: int, dtype: torch.dtype = torch.float32) -> HeadOutput:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.randn(6, 3, generator=generator).to(dtype)
    return HeadOutput(scores, torch.randn(6, 4, generator=generator).to(dtype))


def test_each_weight_scales_its_own_loss() -> None:
    outputs = Outputs(_head(0), ())
    identity, metric = (
        float(_losses(model={"id_loss_weight": a, "triplet_loss_weight": b})(outputs, LABELS))
        for a, b in ((1.0, 0.0), (0.0, 1.0))
    )
    both = _losses(model={"id_loss_weight": 0.5, "triplet_loss_weight": 2.0})(outputs, LABELS)
    assert float(both) == pytest.approx(0.5 * identity + 2.0 * metric, rel=1e-5)


def test_parts_are_half_of_the_loss() -> None:
    losses = _losses()
    alone = [float(losses(Outputs(_head(seed), ()), LABELS)) for seed in range(3)]
    together = losses(Outputs(_head(0), (_head(1), _head(2))), LABELS)
    expected = (alone[0] + (alone[1] + alone[2]) / 2) / 2
    assert float(together) == pytest.approx(expected, rel=1e-5)


def test_center_loss_moves_its_centers_under_mixed_precision() -> None:
    losses = _losses(model={"with_center_loss": True})
    assert losses.center is not None
    before = losses.center.centers.clone()
    head = _head(0, torch.float16)
    features = head.features.requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = losses(Outputs(HeadOutput(head.scores, features), ()), LABELS)
    loss.backward()
    assert loss.dtype == torch.float32
    assert losses.center.centers.dtype == torch.float32
    assert not torch.equal(before, losses.center.centers)
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_the_centers_follow_sgd_on_the_unweighted_loss() -> None:
    """Whatever the weight of the center loss, and without a gradient of the training loss."""
    optim = {"center_loss_weight": 1e-5, "center_lr": 0.2}
    losses = _losses(model={"with_center_loss": True}, train={"optim": optim})
    assert losses.center is not None
    before = losses.center.centers.detach().clone()
    features = _head(0).features.requires_grad_()
    losses(Outputs(HeadOutput(_head(0).scores, features), ()), LABELS).backward()
    for identity in range(3):
        own = features[identity == LABELS].detach()
        gradient = 2 * (before[identity] - own).sum(0) / len(LABELS)
        expected = before[identity] - 0.2 * gradient
        assert torch.allclose(losses.center.centers[identity], expected, atol=1e-6)
    assert not losses.center.centers.requires_grad


@pytest.mark.parametrize("sampler", ["softmax", "triplet", "softmax_triplet"])
def test_the_sampler_chooses_batches_not_losses(sampler: str) -> None:
    outputs = Outputs(_head(0), ())
    found = _losses(dataset={"sampler": sampler})(outputs, LABELS)
    assert torch.equal(found, _losses()(outputs, LABELS))


@pytest.mark.parametrize(
    ("kind", "extras"),
    [*((kind, {}) for kind in KINDS), ("arcface", {"jpm": True, "devide_length": 2})],
    ids=[*KINDS, "arcface parts"],
)
def test_every_head_trains(kind: str, extras: dict[str, Any]) -> None:
    backbone = "swin_tiny_patch4_window7_224" if extras else "osnet_x0_25"
    size = {"input_height": 64, "input_width": 32}
    config = load_spec({"model": {"backbone": backbone, "id_loss_type": kind, **size, **extras}})
    torch.manual_seed(0)
    network = ReIDNetwork(config.model, num_classes=3)
    losses = WeightedLosses(config, 3, network.head.feat_dim)
    losses(network(torch.randn(6, 3, 64, 32)), LABELS).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is None or torch.isfinite(parameter.grad).all()
        assert "classifier" not in name or parameter.grad.abs().sum() > 0
