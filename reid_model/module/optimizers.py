"""Optimiser and parameter groups: biases and the classifier may learn at their own rate."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR

from reid_model.config.train import OptimConfig, TrainConfig
from reid_model.models.stages import stage_numbers

_BACKBONE = "backbone"
_CLASSIFIER = "classifier"
_CLASSIFIER_FACTOR = 2.0


def parameter_groups(network: nn.Module, config: OptimConfig) -> list[dict[str, Any]]:
    """The trainable parameters by role: weights, biases and the classifier.

    A bias is a parameter whose own name is ``bias``; ``large_fc_lr`` doubles the classifier's rate.
    With ``layer_decay`` below 1 each stage of the backbone has groups of its own; at 1 the groups
    depend only on role, whatever their rates.
    """
    depths = _depths(network, config)
    roles: dict[tuple[bool, bool, int], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            parts = name.split(".")
            role = (parts[-1] == "bias", _CLASSIFIER in parts, depths.get(name, 0))
            roles.setdefault(role, []).append(parameter)
    return [{"params": members, **_rates(config, *role)} for role, members in roles.items()]


def _depths(network: nn.Module, config: OptimConfig) -> dict[str, int]:
    """How many stages below the head each parameter of the backbone is (Bao et al., BEiT, 2022)."""
    backbone = getattr(network, _BACKBONE, None)
    if config.layer_decay == 1.0 or backbone is None:
        return {}
    stages = stage_numbers(backbone)
    above = max(stages.values()) + 1
    return {f"{_BACKBONE}.{name}": above - stage for name, stage in stages.items()}


def _rates(config: OptimConfig, bias: bool, classifier: bool, depth: int) -> dict[str, float]:
    rate = config.base_lr * (config.bias_lr_factor if bias else 1.0) * config.layer_decay**depth
    if config.large_fc_lr and classifier:
        rate *= _CLASSIFIER_FACTOR
    return {"lr": rate, "weight_decay": config.weight_decay_bias if bias else config.weight_decay}


def regrouped(state: Any, network: nn.Module, config: OptimConfig, layer_decay: float) -> Any:
    """An optimiser's stored state in the groups of ``config``; it was stored under ``layer_decay``.

    A sweep may go on from the checkpoint of a trial with another ``layer_decay``.
    """
    if (layer_decay == 1.0) == (config.layer_decay == 1.0):
        return state
    stored = parameter_groups(network, replace(config, layer_decay=layer_decay))
    before = [id(parameter) for group in stored for parameter in group["params"]]
    values = {before[place]: value for place, value in state["state"].items()}
    common = {name: value for name, value in state["param_groups"][0].items() if name != "params"}
    groups, places = [], itertools.count()
    moved: dict[int, Any] = {}
    for group in parameter_groups(network, config):
        now = {next(places): id(parameter) for parameter in group["params"]}
        moved |= {place: values[name] for place, name in now.items() if name in values}
        groups.append({**common, "params": list(now)})
    return {"state": moved, "param_groups": groups}


def build_optimizer(network: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """The optimiser of ``train.optim.name``, with fused kernels if they can be had."""
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
    scheduler.base_lrs = [group["lr"] for group in wanted]
    fused = _can_fuse(network, config)
    for index, (group, now) in enumerate(zip(optimizer.param_groups, wanted, strict=True)):
        group["initial_lr"], group["weight_decay"] = now["lr"], now["weight_decay"]
        group["lr"] = now["lr"] * scheduler.lr_lambdas[index](scheduler.last_epoch)
        if "momentum" in group:
            group["momentum"] = config.optim.momentum
        group["fused"] = fused or None
    for parameter, state in optimizer.state.items():
        if fused and "step" in state:
            state["step"] = state["step"].to(parameter.device)
