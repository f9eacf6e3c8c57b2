"""Gradient checkpointing changes what is kept between forward and backward, and nothing else."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import timm
import torch
from networks import small_swin
from torch import Tensor

from reid_model.config import load_spec
from reid_model.errors import ConfigError
from reid_model.models.gathered_norm import gather_norms
from reid_model.models.network import ReIDNetwork
from reid_model.models.recompute import recompute_blocks

SIZE = {"input_height": 64, "input_width": 64}
DROPS = {"drop_path": 0.5, "drop_out": 0.2}
NETWORKS: list[dict[str, Any]] = [
    {"backbone": "resnet_18"},
    {"backbone": "osnet_x0_25"},
    {"backbone": "swin_tiny_patch4_window7_224", **DROPS},
    {"backbone": "timm:vit_tiny_patch16_224", **DROPS},
    {"backbone": "timm:convnext_atto", "drop_path": 0.5},
    {"backbone": "timm:mobilenetv3_small_050"},
]


@pytest.fixture(autouse=True)
def _small_swin(monkeypatch: pytest.MonkeyPatch) -> None:
    real = timm.create_model

    def create(name: str, **given: Any) -> Any:
        return (small_swin.create_model if "swin" in name else real)(name, **given)

    monkeypatch.setattr(timm, "create_model", create)


def network_of(model: dict[str, Any]) -> ReIDNetwork:
    torch.manual_seed(0)
    return ReIDNetwork(load_spec({"model": {**SIZE, **model}}).model, 3)


def trained_step(network: ReIDNetwork) -> tuple[dict[str, Tensor | None], int]:
    """All gradients and buffers after one step, and the numbers kept for going backward."""
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel()
        return tensor

    torch.manual_seed(1)
    images = torch.rand(4, 3, 64, 64)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        outputs = network(images)
    (outputs.whole.scores.square().sum() + outputs.whole.features.square().sum()).backward()
    gradients = {name: parameter.grad for name, parameter in network.named_parameters()}
    return gradients | dict(network.named_buffers()), kept


@pytest.mark.parametrize("model", NETWORKS, ids=lambda model: str(model["backbone"]))
def test_gradients_and_batch_statistics_are_those_of_training_without_it(
    model: dict[str, Any],
) -> None:
    plain = network_of(model)
    saving = copy.deepcopy(plain)
    recompute_blocks(saving)
    saving = copy.deepcopy(saving)  # as the average of the weights does
    assert saving.state_dict().keys() == plain.state_dict().keys()
    expected, much = trained_step(plain)
    found, little = trained_step(saving)
    assert little < 0.7 * much
    assert any(value is not None and value.abs().max() > 0 for value in found.values())
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)


def test_statistics_over_all_processes_count_a_batch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reid_model.models.gathered_norm._total", lambda values: values)
    network = network_of({"backbone": "resnet_18"})
    recompute_blocks(network)
    gather_norms(network)
    found, _ = trained_step(network)
    counts = {int(value) for name, value in found.items() if "batches_tracked" in name}  # type: ignore[arg-type]
    assert counts == {1}


def test_without_gradients_nothing_is_checkpointed() -> None:
    network = network_of({"backbone": "osnet_x0_25"})
    expected = network.eval().embed(torch.ones(1, 3, 64, 64))
    recompute_blocks(network)
    with torch.inference_mode():
        torch.testing.assert_close(network.embed(torch.ones(1, 3, 64, 64)), expected)


def test_a_network_without_blocks_is_refused_by_name() -> None:
    with torch.device("meta"):
        network = network_of({"backbone": "timm:vgg11"})
    with pytest.raises(ConfigError, match="activation_checkpoint true has no effect"):
        recompute_blocks(network)


def test_with_a_compiled_network_it_is_refused_with_the_reason() -> None:
    with pytest.raises(
        ConfigError, match="activation_checkpoint True has no effect with train.com"
    ):
        load_spec({"train": {"activation_checkpoint": True, "compile": True}})
