"""Which parameter learns at which rate."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from reid_model.config import load_spec
from reid_model.config.train import OptimConfig
from reid_model.module.optimizers import build_optimizer, parameter_groups


class _Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rebias = nn.Linear(2, 2)
        self.classifier = nn.Linear(2, 2, bias=False)
        self.frozen = nn.Parameter(torch.zeros(1), requires_grad=False)


def _config(**optim: Any) -> OptimConfig:
    return load_spec({"train": {"optim": optim}}).train.optim


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


@pytest.mark.parametrize("name", ["Adam", "AdamW", "SGD"])
def test_each_optimiser_is_built_and_steps(name: str) -> None:
    network = _Small()
    optimizer = build_optimizer(
        network, _config(name=name, base_lr=0.1, **({"momentum": 0.8} if name == "SGD" else {}))
    )
    before = network.rebias.weight.detach().clone()
    network.classifier(network.rebias(torch.ones(1, 2))).sum().backward()
    optimizer.step()
    assert type(optimizer).__name__ == name
    assert optimizer.defaults.get("momentum", 0.8) == 0.8
    assert not torch.equal(before, network.rebias.weight)
