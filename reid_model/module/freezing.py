"""What of the backbone is frozen in an epoch: weights and batch statistics stay as they are."""

from __future__ import annotations

from torch import nn

from reid_model.config.model import ModelConfig
from reid_model.models.stages import stage_numbers


def frozen_names(backbone: nn.Module, config: ModelConfig, epoch: int = 0) -> frozenset[str]:
    """The backbone's modules and parameters that are frozen in an epoch, counted from 0."""
    if config.freeze == "none" or 0 < config.freeze_epochs <= epoch:
        return frozenset()
    if config.freeze == "backbone":
        modules, parameters = backbone.named_modules(), backbone.named_parameters()
        return frozenset(name for name, _ in [*modules, *parameters])
    stages = stage_numbers(backbone)
    return frozenset(name for name, stage in stages.items() if stage <= config.freeze_stages)


def freeze_for_good(backbone: nn.Module, config: ModelConfig) -> None:
    """Compute no gradients of what is frozen in all epochs, which saves time and memory."""
    if config.freeze_epochs:
        return
    names = frozen_names(backbone, config)
    for name, parameter in backbone.named_parameters():
        if name in names:
            parameter.requires_grad_(False)


def set_modes(backbone: nn.Module, frozen: frozenset[str]) -> None:
    """Put frozen modules into evaluation mode, where statistics and dropout rest."""
    for name, module in backbone.named_modules():
        module.training = name not in frozen
