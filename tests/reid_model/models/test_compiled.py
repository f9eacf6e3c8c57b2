"""A compiled network is the same network to everything but its training step."""

from __future__ import annotations

import copy

import pytest
import torch

from reid_model.config.model import ModelConfig
from reid_model.models import compiled
from reid_model.models.compiled import compile_network
from reid_model.models.network import ReIDNetwork

MODEL = ModelConfig(backbone="osnet_x0_25", input_height=32, input_width=16, feat_dim=8)


def test_it_computes_and_is_saved_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "BACKEND", "eager")  # to generate code takes minutes
    torch.manual_seed(0)
    network = ReIDNetwork(MODEL, 5)
    plain = copy.deepcopy(network)
    assert "compiled" in compile_network(network)
    assert network._compiled_call_impl is not None
    images = torch.randn(4, 3, 32, 16)
    found, expected = network(images), plain(images)
    torch.testing.assert_close(found.whole.scores, expected.whole.scores, rtol=1e-4, atol=1e-5)
    found.whole.features.sum().backward()
    assert all(
        parameter.grad is not None
        for name, parameter in network.named_parameters()
        if name.startswith("backbone")
    )
    assert list(network.state_dict()) == list(plain.state_dict())
    assert copy.deepcopy(network)._compiled_call_impl is None  # what averages and exports use
    network.eval()
    torch.testing.assert_close(network.embed(images), plain.eval().embed(images))
