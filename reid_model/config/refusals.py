"""Keys that do not act are refused with the reason, never silently ignored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from reid_model.config.experiment import ExperimentConfig

_NOT_YET = "is not supported by this version of the trainer; leave it at"
_SWIN_ONLY = "acts on Swin backbones only; with model.backbone {backbone} leave it at"

_REASONS = {
    **dict.fromkeys(
        (
            "model.id_loss_type",
            "model.with_center_loss",
            "model.cos_layer",
            "train.optim.cosine_margin",
            "train.optim.cosine_scale",
            "train.optim.center_loss_weight",
            "train.optim.center_lr",
            "train.num_nodes",
            "encryption_key",
            "wandb.enable",
        ),
        _NOT_YET,
    ),
    **dict.fromkeys(
        (
            "model.reduce_feat_dim",
            "model.pretrain_hw_ratio",
            "model.drop_path",
            "model.drop_out",
            "model.att_drop_rate",
            "model.stride_size",
            "model.stem_conv",
            "model.jpm",
            "model.shift_num",
            "model.shuffle_group",
            "model.devide_length",
            "model.re_arrange",
            "model.sie_coe",
            "model.sie_camera",
            "model.sie_view",
            "model.semantic_weight",
        ),
        _SWIN_ONLY,
    ),
}


def refused_keys(config: ExperimentConfig) -> Iterator[str]:
    """One line for each key that is set away from its default although it cannot act."""
    given, defaults = dict(leaves(config)), dict(leaves(ExperimentConfig()))
    for name, reason in _REASONS.items():
        if given[name] != defaults[name]:
            words = reason.format(backbone=config.model.backbone)
            yield f"{name} {given[name]!r} {words} {defaults[name]!r}"


def leaves(section: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every (dotted key, value) of a spec, in document order."""
    for entry in fields(section):
        value, name = getattr(section, entry.name), f"{prefix}{entry.name}"
        if is_dataclass(value):
            yield from leaves(value, f"{name}.")
        else:
            yield name, value
