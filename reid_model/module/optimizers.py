"""Optimiser and parameter groups: biases and the classifier may learn at their own rate."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from reid_model.config.train import OptimConfig, TrainConfig

_CLASSIFIER = "classifier"
_CLASSIFIER_FACTOR = 2.0


def parameter_groups(network: nn.Module, config: OptimConfig) -> list[dict[str, Any]]:
    """The trainable parameters by role: weights, biases and the classifier.

    A bias is a parameter whose own name is ``bias``; ``large_fc_lr`` doubles the classifier's rate.
    The groups are the network's alone, whatever their rates, so that any spec can resume them.
    """
    roles: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            parts = name.split(".")
            roles.setdefault((parts[-1] == "bias", _CLASSIFIER in parts), []).append(parameter)
    return [{"params": members, **_rates(config, *role)} for role, members in roles.items()]


def _rates(config: OptimConfig, bias: bool, classifier: bool) -> dict[str, float]:
    rate = config.base_lr * (config.bias_lr_factor if bias else 1.0)
    if config.large_fc_lr and classifier:
        rate *= _CLASSIFIER_FACTOR
    return {"lr": rate, "weight_decay": config.weight_decay_bias if bias else config.weight_decay}


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser of ``train.optim.name``, with fused kernels where they can be had."""
    groups, optim = parameter_groups(network, config.optim), config.optim
    fused: dict[str, Any] = {"fused": True} if _can_fuse(network, config) else {}
    if optim.name == "SGD":
        return torch.optim.SGD(groups, optim.base_lr, momentum=optim.momentum, **fused)
    kind: Any = {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}[optim.name]
    optimizer: torch.optim.Optimizer = kind(groups, optim.base_lr, **fused)
    return optimizer


def _can_fuse(network: nn.Module, config: TrainConfig) -> bool:
    """Whether fused kernels can be used; with clipping they undo the loss scaling too late.

    They check on the GPU whether a gradient is finite, so the process does not wait at each step.
    """
    on_cpu = next(network.parameters()).device.type == "cpu"
    return on_cpu or not config.grad_clip


def follow_spec(
    optimizer: torch.optim.Optimizer, scheduler: LambdaLR, network: nn.Module, config: TrainConfig
) -> None:
    """Set the rates, weight decay and momentum of ``config`` in a restored optimiser.

    The kernels too: the checkpoint may come from another kind of device.
    """
    wanted = parameter_groups(network, config.optim)
    fused = _can_fuse(network, config)
    for index, (group, now) in enumerate(zip(optimizer.param_groups, wanted, strict=True)):
        scheduler.base_lrs[index] = now["lr"]
        group["initial_lr"], group["weight_decay"] = now["lr"], now["weight_decay"]
        group["lr"] = now["lr"] * scheduler.lr_lambdas[index](scheduler.last_epoch)
        if "momentum" in group:
            group["momentum"] = config.optim.momentum
        group["fused"] = fused or None
    for parameter, state in optimizer.state.items():
        if fused and "step" in state:
            state["step"] = state["step"].to(parameter.device)
