"""Metric losses against loops over all triplets."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from reid_model.losses.triplet import TripletLoss


def _batch(seed: int = 0, people: int = 4, instances: int = 3) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(people).repeat_interleave(instances)
    features = torch.randn(len(labels), 5, generator=generator, dtype=torch.float64)
    return features, labels[torch.randperm(len(labels), generator=generator)]


def _slow_hard(features: Tensor, labels: Tensor, margin: float | None) -> float:
    total, count = 0.0, 0
    for a in range(len(labels)):
        far, near = [], []
        for b in range(len(labels)):
            distance = math.dist(features[a].tolist(), features[b].tolist())
            if labels[a] != labels[b]:
                near.append(distance)
            elif a != b:
                far.append(distance)
        if far and near:
            gap = max(far) - min(near)
            total += math.log1p(math.exp(gap)) if margin is None else max(0.0, gap + margin)
            count += 1
    return total / max(count, 1)


def _slow_weighted(features: Tensor, labels: Tensor) -> float:
    total = 0.0
    for a in range(len(labels)):
        far, near = [], []
        for b in range(len(labels)):
            distance = math.dist(features[a].tolist(), features[b].tolist())
            if labels[a] != labels[b]:
                near.append(distance)
            else:  # the anchor itself is among its positives, at distance 0
                far.append(distance)
        pull = sum(d * math.exp(d) for d in far) / sum(math.exp(d) for d in far)
        push = sum(d * math.exp(-d) for d in near) / sum(math.exp(-d) for d in near)
        total += math.log1p(math.exp(pull - push))
    return total / len(labels)


@pytest.mark.parametrize("margin", [0.3, 2.0, 0.0, None])
def test_batch_hard_equals_the_loop(margin: float | None) -> None:
    features, labels = _batch()
    found = TripletLoss(margin)(features, labels)
    assert float(found) == pytest.approx(_slow_hard(features, labels, margin), rel=1e-5)


def test_weighted_equals_the_loop() -> None:
    features, labels = _batch(1)
    found = TripletLoss(0.3, weighted=True)(features, labels)
    assert float(found) == pytest.approx(_slow_weighted(features, labels), rel=1e-5)


def test_normalised_features_have_unit_length() -> None:
    features, labels = _batch(2)
    unit = features / features.norm(dim=1, keepdim=True)
    found = TripletLoss(0.3, normalise=True)(features * 7, labels)
    assert float(found) == pytest.approx(_slow_hard(unit, labels, 0.3), rel=1e-5)


def test_anchors_without_a_positive_are_passed_over() -> None:
    features, _ = _batch()
    labels = torch.tensor([0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    found = TripletLoss(5.0)(features, labels)
    assert float(found) == pytest.approx(_slow_hard(features, labels, 5.0), rel=1e-5)


@pytest.mark.parametrize("labels", [[0, 1, 2, 3], [0, 0, 0, 0]])
@pytest.mark.parametrize("weighted", [False, True])
def test_a_batch_without_triplets_gives_zero_and_a_finite_gradient(
    labels: list[int], weighted: bool
) -> None:
    features = torch.randn(4, 3, requires_grad=True)
    loss = TripletLoss(0.3, weighted=weighted)(features, torch.tensor(labels))
    loss.backward()
    assert loss.item() == 0.0
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


@pytest.mark.parametrize("weighted", [False, True])
def test_equal_features_have_a_finite_gradient(weighted: bool) -> None:
    features = torch.ones(4, 3, requires_grad=True)
    TripletLoss(0.3, weighted=weighted)(features, torch.tensor([0, 0, 1, 1])).backward()
    assert features.grad is not None
    assert torch.isfinite(features.grad).all()


def test_half_precision_features_are_measured_in_float32() -> None:
    features, labels = _batch()
    half = (features * 300).half()
    found = TripletLoss(0.3)(half, labels)
    assert found.dtype == torch.float32
    assert torch.isfinite(found)
