"""Networks of torchreid 0.2.5 and fast-reid 1.4.0 embed as they do there.

The expected numbers come from their own code, with the weights that ``filled`` gives: see
experiments/parity.py, which compares more networks where their code is at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from networks.filled_weights import filled
from torch import Tensor

from reid_model.config import load_spec
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.foreign import network_of_weights

OSNET = {"backbone": "osnet_x0_25"}
AIN = {"backbone": "osnet_ain_x0_25"}
RESNET = {"backbone": "resnet_18", "feat_dim": 512, "gem_pooling": True}
IBN = {**RESNET, "backbone": "resnet_18_ibn_a"}
FC = {
    "fc.0.weight": (512, 128), "fc.0.bias": (512,), "fc.1.weight": (512,), "fc.1.bias": (512,),
    "fc.1.running_mean": (512,), "fc.1.running_var": (512,),
    "classifier.weight": (7, 512), "classifier.bias": (7,),
}  # fmt: skip
HEADS = {
    "heads.weight": (7, 512),
    "heads.bottleneck.0.weight": (512,), "heads.bottleneck.0.bias": (512,),
    "heads.bottleneck.0.running_mean": (512,), "heads.bottleneck.0.running_var": (512,),
}  # fmt: skip


def _weights(
    model: Mapping[str, Any], head: Mapping[str, tuple[int, ...]], prefix: str = ""
) -> dict[str, Tensor]:
    """Their names, in front of the backbone's ``prefix``; their backbones' parameters are ours."""
    backbone = ReIDNetwork(load_spec({"model": model}).model, 2).backbone.state_dict()
    shapes = {f"{prefix}{name}": tuple(value.shape) for name, value in backbone.items()}
    counters = "num_batches_tracked"
    return {
        name: filled(name, shape)
        for name, shape in {**shapes, **head}.items()
        if not name.endswith(counters)
    }


@torch.inference_mode()
@pytest.mark.parametrize(
    ("model", "head", "prefix", "expected", "length"),
    [
        (OSNET, FC, "", [0.35144, 0.0, 0.73672, 0.39277, 0.52305, 0.36815], 7.401544),
        (AIN, FC, "", [0.0, 0.0, 0.21397, 0.76324, 0.70844, 0.68672], 10.183956),
        (RESNET, HEADS, "backbone.", [2.23192, 4.86579, 0.69673, 3.56781, 1.46215], 66.998482),
        (IBN, HEADS, "backbone.", [1.17052, 2.14233, 0.76819, 1.74587, 0.79422], 49.147022),
    ],
    ids=["torchreid", "torchreid-ain", "fast-reid", "fast-reid-ibn"],
)
def test_embeddings_are_theirs(
    model: dict[str, Any],
    head: dict[str, tuple[int, ...]],
    prefix: str,
    expected: list[float],
    length: float,
) -> None:
    weights = _weights(model, head, prefix)
    network, _ = network_of_weights(weights, load_spec({"model": model}).model, source="theirs")
    images = torch.randn(1, 3, 64, 32, generator=torch.Generator().manual_seed(0))
    found = network.embed(images)
    assert found.shape == (1, 512)
    assert found[0, : len(expected)].tolist() == pytest.approx(expected, abs=2e-5)
    assert found.norm().item() == pytest.approx(length, rel=1e-5)


def test_what_is_left_out_is_told_with_its_reason() -> None:
    weights = {**_weights(OSNET, FC), "center_loss.centers": torch.zeros(7, 512)}
    _, told = network_of_weights(weights, load_spec({"model": OSNET}).model, source="theirs")
    assert "the identity classifier (classifier.bias)" in told
    assert "parameters of a loss (center_loss.centers)" in told


def test_a_tensor_without_a_place_is_an_error() -> None:
    """Its share in the embedding would be lost in silence."""
    weights = {**_weights(OSNET, FC), "attention.proj.weight": torch.zeros(4, 4)}
    with pytest.raises(CheckpointError, match="no place for attention.proj.weight"):
        network_of_weights(weights, load_spec({"model": OSNET}).model, source="theirs")


def test_fast_reids_reduction_comes_before_its_neck() -> None:
    head = {
        "heads.weight": (7, 64), "heads.bottleneck.0.weight": (64, 512, 1, 1),
        **{f"heads.bottleneck.1.{name}": (64,)
           for name in ("weight", "bias", "running_mean", "running_var")},
        "heads.pool_layer.p": (1,),
    }  # fmt: skip
    weights = _weights(RESNET, head, "backbone.")
    model = load_spec({"model": {**RESNET, "feat_dim": 64}}).model
    network, _ = network_of_weights(weights, model, source="theirs")
    assert torch.equal(
        network.head.embedding.weight, weights["heads.bottleneck.0.weight"][:, :, 0, 0]
    )
    assert torch.equal(network.head.neck.running_var, weights["heads.bottleneck.1.running_var"])
    assert network.pool.power.item() == weights["heads.pool_layer.p"].item()
