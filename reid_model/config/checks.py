"""Rules between keys: values that are legal alone but not together."""

from __future__ import annotations

from collections.abc import Iterator

from reid_model.config.experiment import ExperimentConfig
from reid_model.config.families import IBN_RESNETS, OSNETS_AIN, SWINS
from reid_model.config.refusals import refused_keys
from reid_model.config.schedule import scaled_schedule
from reid_model.config.timm_names import unknown_network

_SWIN_STRIDE = 32
_NORMED_STRIDE = 16  # of the smallest map that is normalised crop by crop


def contradictions(config: ExperimentConfig) -> list[str]:
    """Every contradiction between keys of a spec, one line each, naming keys and values."""
    return [
        *refused_keys(config),
        *_batch(config),
        *_micro_batches(config),
        *_channels(config),
        *_schedule(config),
        *_weights(config),
        *filter(None, [unknown_network(config.model.backbone)]),
        *_swin(config),
        *_instance_norm(config),
        *_zeros(config),
    ]


def _batch(config: ExperimentConfig) -> Iterator[str]:
    data = config.dataset
    if data.sampler == "softmax":
        return
    if data.batch_size == data.num_instances:
        yield (
            f"dataset.batch_size {data.batch_size} is dataset.num_instances {data.num_instances}: "
            "a batch of one identity has no negatives; use at least 2 x num_instances"
        )
    if data.batch_size % data.num_instances:
        yield (
            f"dataset.batch_size {data.batch_size} is not a multiple of "
            f"dataset.num_instances {data.num_instances}"
        )


def _micro_batches(config: ExperimentConfig) -> Iterator[str]:
    """Each micro-batch must serve the metric loss and batch statistics by itself."""
    data, count = config.dataset, config.train.accumulate
    if count == 1:
        return
    group = 1 if data.sampler == "softmax" else data.num_instances
    if data.batch_size % (count * group) or data.batch_size < 2 * count * group:
        crops = "crops" if group == 1 else f"identities of {group} crops"
        yield (
            f"train.accumulate {count} does not cut dataset.batch_size {data.batch_size} into "
            f"equal micro-batches of at least two {crops}"
        )


def _channels(config: ExperimentConfig) -> Iterator[str]:
    for name in ("pixel_mean", "pixel_std"):
        values = getattr(config.dataset, name)
        if len(values) != config.model.input_channels:
            yield (
                f"dataset.{name} has {len(values)} entries "
                f"but model.input_channels is {config.model.input_channels}"
            )


def _schedule(config: ExperimentConfig) -> Iterator[str]:
    schedule = scaled_schedule(config.train)
    if schedule.warmup > config.train.num_epochs:
        yield (
            f"train.optim.{schedule.warmup_key} {schedule.warmup} is longer than "
            f"train.num_epochs {config.train.num_epochs}"
        )
    start = config.train.optim.cosine_start
    if start > config.train.num_epochs:
        yield (
            f"train.optim.cosine_start {start} is after the end, "
            f"train.num_epochs {config.train.num_epochs}"
        )


def _weights(config: ExperimentConfig) -> Iterator[str]:
    model = config.model
    if model.pretrain_choice == "self" and not model.pretrained_model_path:
        yield "model.pretrain_choice self needs model.pretrained_model_path"
    if model.pretrain_choice == "none" and model.pretrained_model_path:
        yield (
            f"model.pretrained_model_path {model.pretrained_model_path!r} contradicts "
            "model.pretrain_choice none"
        )
    if not (model.id_loss_weight or model.triplet_loss_weight):
        yield "model.id_loss_weight and model.triplet_loss_weight are both 0: nothing to learn from"


def _zeros(config: ExperimentConfig) -> Iterator[str]:
    for name in ("evaluate", "inference"):
        if not getattr(config, name).batch_size:
            yield f"{name}.batch_size must be -1 or at least 1, got 0"


def _swin(config: ExperimentConfig) -> Iterator[str]:
    model = config.model
    if model.backbone not in SWINS:
        return
    patches = -(-model.input_height // _SWIN_STRIDE) * -(-model.input_width // _SWIN_STRIDE)
    if model.jpm and model.devide_length > patches:
        yield (
            f"model.devide_length {model.devide_length} is more than the {patches} patches of "
            f"a {model.input_height}x{model.input_width} crop"
        )


def _instance_norm(config: ExperimentConfig) -> Iterator[str]:
    """A map of one pixel has no variance by which a crop could be normalised."""
    model = config.model
    longer = max(model.input_height, model.input_width)
    if model.backbone in (*IBN_RESNETS, *OSNETS_AIN) and longer < 2 * _NORMED_STRIDE:
        yield (
            f"model.backbone {model.backbone} normalises each crop by itself and needs one side of "
            f"at least {2 * _NORMED_STRIDE} pixels; model.input_height x model.input_width is "
            f"{model.input_height}x{model.input_width}"
        )
