"""Margin heads and center loss against one sample at a time, by the papers' formulas."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from reid_model.losses.center import CenterLoss
from reid_model.losses.identity import IdentityLoss
from reid_model.losses.margin_heads import MARGIN_HEADS, arcface

MARGIN, SCALE = 0.35, 20.0


def _cosines(seed: int = 0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(6, 4, generator=generator) * 1.8 - 0.9, torch.tensor([0, 1, 2, 3, 1, 0])


def _slow_logits(kind: str, row: list[float], label: int) -> list[float]:
    found = []
    for index, cosine in enumerate(row):
        if kind == "circle":
            if index == label:
                found.append(SCALE * max(0, 1 + MARGIN - cosine) * (cosine - (1 - MARGIN)))
            else:
                found.append(SCALE * max(0, cosine + MARGIN) * (cosine - MARGIN))
        elif index != label:
            found.append(SCALE * cosine)
        elif kind == "arcface":
            found.append(SCALE * math.cos(math.acos(cosine) + MARGIN))
        else:
            found.append(SCALE * (cosine - MARGIN))
    return found


@pytest.mark.parametrize("kind", MARGIN_HEADS)
@pytest.mark.parametrize("smooth", [False, True])
def test_margin_heads_equal_their_formulas(kind: str, smooth: bool) -> None:
    cosines, labels = _cosines()
    found = IdentityLoss(kind, smooth, margin=MARGIN, scale=SCALE)(cosines, labels)
    total = 0.0
    for row, label in zip(cosines.tolist(), labels.tolist(), strict=True):
        logits = _slow_logits(kind, row, label)
        norm = math.log(sum(math.exp(value) for value in logits))
        shares = [0.1 / 4 * smooth + (1 - 0.1 * smooth) * (k == label) for k in range(4)]
        total -= sum(share * (value - norm) for share, value in zip(shares, logits, strict=True))
    assert float(found) == pytest.approx(total / 6, rel=1e-4)


def test_arcface_falls_with_the_angle_everywhere() -> None:
    cosines = torch.linspace(-1, 1, 401)[:, None]
    logits = arcface(cosines, torch.zeros(401, dtype=torch.long), 0.5, 1.0)
    assert (logits.diff(dim=0) > 0).all()


@pytest.mark.parametrize("kind", MARGIN_HEADS)
def test_gradients_are_finite_at_the_ends(kind: str) -> None:
    cosines = torch.tensor([[1.0, -1.0], [-1.0, 1.0]], requires_grad=True)
    IdentityLoss(kind)(cosines, torch.tensor([0, 0])).backward()
    assert cosines.grad is not None
    assert torch.isfinite(cosines.grad).all()


def test_softmax_on_cosines_uses_the_scale() -> None:
    cosines, labels = _cosines()
    scaled = IdentityLoss(cosine=True, scale=SCALE)(cosines, labels)
    assert torch.isclose(scaled, IdentityLoss()(SCALE * cosines, labels))


def test_center_loss_and_its_step_are_exact() -> None:
    loss = CenterLoss(3, 2, rate=0.5)
    centers = loss.centers.clone()
    features = torch.tensor([[1.0, 0.0], [0.0, 2.0], [3.0, 3.0]], requires_grad=True)
    labels = torch.tensor([0, 0, 2])
    value = loss(features, labels)
    slow = sum(
        float((features[i].detach() - centers[label]).square().sum())
        for i, label in enumerate(labels.tolist())
    )
    assert value.item() == pytest.approx(slow / 3)
    loss.step(features, labels)
    value.backward()
    assert features.grad is not None
    assert torch.allclose(features.grad, 2 * (features.detach() - centers[labels]) / 3)
    moved = centers[0] - 0.5 * 2 * (2 * centers[0] - features[0] - features[1]).detach() / 3
    assert torch.allclose(loss.centers[0], moved)
    assert torch.equal(loss.centers[1], centers[1])


def test_a_batch_in_parts_moves_the_centers_as_the_whole_does() -> None:
    whole, parted = CenterLoss(4, 2, rate=0.5), CenterLoss(4, 2, rate=0.5, accumulate=3)
    parted.load_state_dict(whole.state_dict())
    features, labels = torch.randn(12, 2), torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 1])
    for _ in range(2):
        whole.step(features, labels)
        before = parted.centers.clone()
        for part in range(3):
            assert torch.equal(parted.centers, before)
            parted.step(features[part * 4 :][:4], labels[part * 4 :][:4])
        assert torch.allclose(parted.centers, whole.centers)


def test_centers_travel_in_the_state() -> None:
    assert set(CenterLoss(3, 2, rate=0.5).state_dict()) == {"centers"}


def test_smoothing_over_the_others_alone_gives_each_its_share() -> None:
    scores, labels = torch.randn(3, 4), torch.tensor([0, 3, 1])
    shares = torch.full((3, 4), 0.1 / 3)
    shares[torch.arange(3), labels] = 0.9
    expected = -(shares * scores.log_softmax(1)).sum(1).mean()
    torch.testing.assert_close(IdentityLoss(others=True)(scores, labels), expected)
