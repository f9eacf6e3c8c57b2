"""Optimiser and parameter groups: biases and the classifier may learn at their own rate."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from reid_model.config.train import OptimConfig

_CLASSIFIER = "classifier"
_CLASSIFIER_FACTOR = 2.0


def parameter_groups(network: nn.Module, config: OptimConfig) -> list[dict[str, Any]]:
    """The trainable parameters by learning rate and weight decay.

    A bias is a parameter whose own name is ``bias``; ``large_fc_lr`` doubles the classifier's rate.
    """
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        parts = name.split(".")
        rate, decay = config.base_lr, config.weight_decay
        if parts[-1] == "bias":
            rate, decay = rate * config.bias_lr_factor, config.weight_decay_bias
        if config.large_fc_lr and _CLASSIFIER in parts:
            rate *= _CLASSIFIER_FACTOR
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def build_optimizer(network: nn.Module, config: OptimConfig) -> torch.optim.Optimizer:
    """The optimiser of ``train.optim.name``; fused kernels on the CPU, where nothing rescales."""
    groups = parameter_groups(network, config)
    fused = {"fused": True} if _on_cpu(network) else {}
    if config.name == "SGD":
        return torch.optim.SGD(groups, config.base_lr, momentum=config.momentum, **fused)
    kind: Any = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}[config.name]
    optimizer: torch.optim.Optimizer = kind(groups, config.base_lr, **fused)
    return optimizer


def _on_cpu(network: nn.Module) -> bool:
    return next(network.parameters()).device.type == "cpu"
