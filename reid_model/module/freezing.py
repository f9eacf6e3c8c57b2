"""When the backbone is frozen."""

from __future__ import annotations

from reid_model.config.model import ModelConfig


def is_frozen(config: ModelConfig, epoch: int) -> bool:
    """Whether the backbone keeps its weights in an epoch, counted from 0."""
    return config.freeze == "backbone" and not 0 < config.freeze_epochs <= epoch
