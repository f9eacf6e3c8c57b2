"""A compiled network is the same network to everything but its training step."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch

from reid_model.config.model import ModelConfig
from reid_model.errors import ConfigError
from reid_model.models import compiled
from reid_model.models.compiled import check_compiler, compile_network
from reid_model.models.network import ReIDNetwork

MODEL = ModelConfig(backbone="osnet_x0_25", input_height=32, input_width=16, feat_dim=8)


@pytest.mark.slow
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


@pytest.mark.parametrize(
    ("on_gpu", "variable", "usual"), [(False, "CXX", r"g\+\+"), (True, "CC", "gcc or clang")]
)
def test_without_a_compiler_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, on_gpu: bool, variable: str, usual: str
) -> None:
    monkeypatch.setattr(compiled.importlib.util, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(variable, raising=False)
    with pytest.raises(ConfigError, match=f"train.compile needs a compiler and {usual} is not"):
        check_compiler(on_gpu=on_gpu)
    (tmp_path / "mine").touch(mode=0o700)
    monkeypatch.setenv(variable, "mine")
    check_compiler(on_gpu=on_gpu)
    monkeypatch.setattr(compiled.importlib.util, "find_spec", lambda name: None)
    if on_gpu:
        with pytest.raises(ConfigError, match="needs the package triton"):
            check_compiler(on_gpu=on_gpu)
