"""Refuses keys that have no effect under the other keys, with the reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from reid_model.config.experiment import ExperimentConfig
from reid_model.config.keys import Conditions, Key, keys_of
from reid_model.config.schedule import at_budget

_NO_STEM = "is not supported: timm's vision transformers keep their published patches"
_NO_STRIDES = "is not supported: set model.patch_stride, which is the same for both sides"
_NO_ENGINE = (
    "is not supported: TensorRT engines are not read, set {}.checkpoint to a checkpoint or to the "
    "ONNX file that `export` writes"
)
_REASONS = {
    "model.stride_size": _NO_STRIDES,
    "model.stem_conv": _NO_STEM,
    "model.pretrain_hw_ratio": "is not needed: positions are resized from the grid of the file",
    "model.sie_view": "needs viewpoint labels, which file names do not carry",
    "train.num_nodes": "is not supported: start one process per device yourself (torchrun)",
    "evaluate.num_nodes": "is not supported: evaluation runs on one machine",
    "inference.num_nodes": "is not supported: inference runs on one machine",
    "evaluate.trt_engine": _NO_ENGINE.format("evaluate"),
    "inference.trt_engine": _NO_ENGINE.format("inference"),
}

# A block or key with a switch: while it is off, they have no effect and any value.
_SWITCHES = {
    "wandb": "wandb.enable",
    "re_ranking": "re_ranking.re_ranking",
    "dataset.holdout_seed": "dataset.holdout",
    "model.pretrained_partial": "model.pretrained_model_path",
}
_NO_EFFECT = frozenset({"train.optim.lr_monitor"})  # in TAO neither

# Keys of a loss that is weighted 0. The margin is not among them: a sweep draws it, and
# `active_when` cannot say "if a weight is above 0".
_LOSS_OF = {
    **dict.fromkeys(
        ("model.metric_loss_type", "model.no_margin", "train.optim.trp_l2"),
        "model.triplet_loss_weight",
    ),
    **dict.fromkeys(
        (
            "model.id_loss_type",
            "model.label_smooth",
            "model.label_smooth_others",
            "model.cos_layer",
        ),
        "model.id_loss_weight",
    ),
}


def refused_keys(config: ExperimentConfig) -> Iterator[str]:
    """One line for each key that is set away from its default although it has no effect."""
    given, defaults = dict(leaves(config)), dict(leaves(ExperimentConfig()))
    for name, key in keys_of(ExperimentConfig):
        untouched = [defaults[name]]
        if key.budget is not None:
            # A sweep scales all lengths of the default schedule to its epochs.
            untouched.append(at_budget(defaults[name], config.train.num_epochs))
        if given[name] in untouched or name in _NO_EFFECT or _is_off(name, given):
            continue
        reason = (
            _REASONS.get(name) or _inactive_reason(key, given) or _contextual_reason(name, given)
        )
        if reason:
            yield f"{name} {_plain(given[name])} {reason}; leave it at {_plain(defaults[name])}"


def _is_off(name: str, given: Mapping[str, Any]) -> bool:
    """Whether the key, or the block it belongs to, has a switch that turns it off."""
    switch = _SWITCHES.get(name) or _SWITCHES.get(name.partition(".")[0], name)
    return switch != name and not given[switch]


def _inactive_reason(key: Key, given: Mapping[str, Any]) -> str | None:
    """Which condition of ``active_when`` fails; of alternatives one of each."""
    failing = [_failing_condition(conditions, given) for conditions in key.alternatives]
    if not failing or None in failing:
        return None
    return f"has no effect unless {', or '.join(dict.fromkeys(map(str, failing)))}"


def _failing_condition(conditions: Conditions, given: Mapping[str, Any]) -> str | None:
    for parent, values in conditions.items():
        if not is_among(given[parent], values):
            return f"{parent} is {' or '.join(map(str, values))} (it is {given[parent]})"
    return None


def is_among(value: Any, values: Sequence[Any]) -> bool:
    """Whether a condition lists ``value``; one that ends in a star means all that begin so."""
    return value in values or any(
        isinstance(one, str) and one.endswith("*") and str(value).startswith(one[:-1])
        for one in values
    )


def _contextual_reason(name: str, given: Mapping[str, Any]) -> str | None:
    """Conditions that a list of values cannot express."""
    weight = _LOSS_OF.get(name)
    if weight and not given[weight]:
        return f"has no effect unless {weight} is above 0"
    if name == "train.activation_checkpoint" and given["train.compile"]:
        return (
            "has no effect with train.compile true: torch.compile decides itself what to recompute"
        )
    if name == "wandb.sync_tensorboard" and "tensorboard" not in given["train.loggers"]:
        return "has no effect unless train.loggers holds tensorboard"
    return None


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else repr(value)


def leaves(section: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every (dotted key, value) of a spec, in document order."""
    for entry in fields(section):
        value, name = getattr(section, entry.name), f"{prefix}{entry.name}"
        if is_dataclass(value):
            yield from leaves(value, f"{name}.")
        else:
            yield name, value
