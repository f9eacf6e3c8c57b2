"""Which parameter learns at which rate."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from reid_model.config import load_spec
from reid_model.config.train import OptimConfig, TrainConfig
from reid_model.models.network import ReIDNetwork
from reid_model.module.optimizers import (
    build_optimizer,
    follow_spec,
    parameter_groups,
    regrouped,
)


class _Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rebias = nn.Linear(2, 2)
        self.classifier = nn.Linear(2, 2, bias=False)
        self.frozen = nn.Parameter(torch.zeros(1), requires_grad=False)


def _train(grad_clip: float = 0.0, **optim: Any) -> TrainConfig:
    return load_spec({"train": {"grad_clip": grad_clip, "optim": optim}}).train


def _config(**optim: Any) -> OptimConfig:
    return _train(**optim).optim


def test_biases_and_the_classifier_have_their_own_rate() -> None:
    network = _Small()
    config = _config(
        base_lr=0.1, bias_lr_factor=2.0, weight_decay=0.01, weight_decay_bias=0.0, large_fc_lr=True
    )
    found = {
        id(parameter): (group["lr"], group["weight_decay"])
        for group in parameter_groups(network, config)
        for parameter in group["params"]
    }
    assert found == {
        id(network.rebias.weight): (0.1, 0.01),
        id(network.rebias.bias): (0.2, 0.0),
        id(network.classifier.weight): (0.2, 0.01),
    }


def test_the_groups_do_not_depend_on_the_rates() -> None:
    """A checkpoint's optimiser fits a spec with any other rates."""
    network = _Small()
    rates: list[dict[str, Any]] = [
        {},
        {"bias_lr_factor": 2.0},
        {"weight_decay": 0.1},
        {"large_fc_lr": True},
    ]
    found = [
        [[id(member) for member in group["params"]] for group in parameter_groups(network, config)]
        for config in (_config(**changes) for changes in rates)
    ]
    assert found == [found[0]] * len(rates)
    assert len(found[0]) == 3


def _rates_of(backbone: str, **optim: Any) -> dict[str, float]:
    model = {"backbone": backbone, "input_height": 64, "input_width": 32}
    network = ReIDNetwork(load_spec({"model": model}).model, 3)
    names = {id(parameter): name for name, parameter in network.named_parameters()}
    groups = parameter_groups(network, _config(base_lr=1.0, layer_decay=0.5, **optim))
    return {names[id(each)]: group["lr"] for group in groups for each in group["params"]}


def test_each_stage_learns_slower_than_the_one_above_it() -> None:
    """Of a ResNet by stage, of a vision transformer by block (BEiT: 0.5 ** (blocks - place))."""
    found = _rates_of("resnet_18", bias_lr_factor=2.0)
    assert found["head.classifier.weight"] == 1.0
    assert found["backbone.layer4.1.bn2.weight"] == 0.5
    assert found["backbone.layer4.1.bn2.bias"] == 1.0
    assert found["backbone.layer1.0.conv1.weight"] == 0.5**4
    assert found["backbone.conv1.weight"] == 0.5**5
    found = _rates_of("timm:vit_tiny_patch16_224")
    assert found["backbone.body.norm.weight"] == 0.5
    assert found["backbone.body.blocks.11.mlp.fc2.weight"] == 0.5
    assert found["backbone.body.blocks.0.attn.qkv.weight"] == 0.5**12
    assert found["backbone.body.pos_embed"] == 0.5**13


@pytest.mark.parametrize(("then", "now"), [(1.0, 0.5), (0.5, 1.0), (0.5, 0.7)])
def test_a_resumed_optimiser_keeps_its_moments_under_another_decay(then: float, now: float) -> None:
    network = ReIDNetwork(load_spec({"model": {"backbone": "osnet_x0_25"}}).model, 3)
    first = build_optimizer(network, _train(layer_decay=then))
    for place, parameter in enumerate(network.parameters()):
        parameter.grad = torch.full_like(parameter, float(place))
    first.step()
    train = _train(layer_decay=now)
    second = build_optimizer(network, train)
    scheduler = LambdaLR(second, lambda step: 1.0)
    scheduler.load_state_dict(LambdaLR(first, lambda step: 1.0).state_dict())
    second.load_state_dict(regrouped(first.state_dict(), network, train.optim, then))
    follow_spec(second, scheduler, network, train)
    assert len(second.state) > 100
    for parameter, state in first.state.items():
        assert torch.equal(second.state[parameter]["exp_avg"], state["exp_avg"])
    wanted = [group["lr"] for group in parameter_groups(network, train.optim)]
    assert [group["lr"] for group in second.param_groups] == scheduler.base_lrs == wanted


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD"])
def test_each_optimiser_is_built_and_steps(name: str) -> None:
    network = _Small()
    optimizer = build_optimizer(
        network, _train(name=name, base_lr=0.1, **({"momentum": 0.8} if name == "SGD" else {}))
    )
    before = network.rebias.weight.detach().clone()
    network.classifier(network.rebias(torch.ones(1, 2))).sum().backward()
    optimizer.step()
    assert type(optimizer).__name__ == name
    assert optimizer.defaults.get("momentum", 0.8) == 0.8
    assert not torch.equal(before, network.rebias.weight)


def test_kernels_are_fused_unless_a_gpu_must_clip() -> None:
    """Clipping needs gradients without the loss scaling, which fused kernels undo too late."""
    here, there = _Small(), _Small().to("meta")
    assert build_optimizer(here, _train(grad_clip=1.0)).defaults["fused"]
    for name in ("Adam", "AdamW", "SGD"):
        assert build_optimizer(here, _train(name=name)).defaults["fused"]
        assert not build_optimizer(there, _train(grad_clip=1.0, name=name)).defaults["fused"]


@pytest.mark.parametrize("before", [True, False])
def test_a_resumed_optimiser_has_the_kernels_of_its_own_device(before: bool) -> None:
    """A checkpoint brings those with which it was written."""
    network = _Small()
    first, second = (build_optimizer(network, _train(name="Adam")) for _ in range(2))
    for group in first.param_groups:
        group["fused"] = before or None
    for _ in range(2):
        network.classifier(network.rebias(torch.ones(1, 2))).sum().backward()
        first.step()
    second.load_state_dict(first.state_dict())
    scheduler = LambdaLR(second, lambda step: 1.0)
    follow_spec(second, scheduler, network, _train(name="Adam", base_lr=0.5))
    assert [group["fused"] for group in second.param_groups] == [True] * 3
    second.step()
    assert {float(state["step"]) for state in second.state.values()} == {3.0}
    assert {group["lr"] for group in second.param_groups} == {0.5}
