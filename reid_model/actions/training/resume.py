"""Checks a checkpoint that training resumes from, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from reid_model.config import ExperimentConfig
from reid_model.config.dataset import DatasetConfig
from reid_model.config.refusals import leaves
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.checkpoint import CheckpointInfo, checkpoint_info
from reid_model.models.weights.files import naming, read_tensors

_PLAN = (
    "dataset.batch_size",
    "dataset.num_instances",
    "dataset.sampler",
    "train.seed",
)
_FIXED = ("train.optim.name",)
_CHANGED = "; changed since the checkpoint, the spec's values now apply: "
_FREE = ("train.resume_training_checkpoint_path", "train.results_dir")


def read_resume_info(
    config: ExperimentConfig,
    network: ReIDNetwork,
    world_size: int,
    held_out: Sequence[int] = (),
) -> CheckpointInfo | None:
    """The info in ``train.resume_training_checkpoint_path``; None if training starts anew.

    ``held_out``: the identities that are kept from training here. Rates, weight decay, momentum and
    schedule may differ: from here on the spec's values apply. Raises CheckpointError, naming the
    keys that differ, if the checkpoint cannot be read, is for another network or optimiser, has
    held out other identities, or was made in the middle of an epoch of another batch plan (batch
    size, instances, sampler, seed, number of devices). ``train.accumulate`` may differ, so that a
    trial that ran out of memory goes on with more micro-batches.
    """
    path = config.train.resume_training_checkpoint_path
    if not path:
        return None
    with naming("train.resume_training_checkpoint_path"):
        info = checkpoint_info(read_tensors(Path(path), config.encryption_key), Path(path))
    faults = [
        *_differences(info, config),
        *_other_identities(info, config, network, tuple(held_out)),
        *(_another_plan(info, config, world_size) if info.batches_done else ()),
    ]
    if faults:
        raise CheckpointError(f"{path} cannot be resumed with this spec", faults)
    return info


def changes_note(info: CheckpointInfo, config: ExperimentConfig) -> str:
    """A note on the keys of ``train`` that differ from the checkpoint; empty if none does."""
    changed = [
        f"{name} {now} (was {then})"
        for name, now, then in _changed(info, config)
        if name.startswith("train.") and name not in _FREE
    ]
    return _CHANGED + ", ".join(changed) if changed else ""


def _changed(info: CheckpointInfo, config: ExperimentConfig) -> Iterator[tuple[str, Any, Any]]:
    """Every key with another value: (name, now, then)."""
    for (name, now), (_, then) in zip(leaves(config), leaves(info.spec), strict=True):
        if now != then:
            yield name, now, then


def _differences(info: CheckpointInfo, config: ExperimentConfig) -> Iterator[str]:
    weights = replace(
        config.model,
        pretrain_choice=info.spec.model.pretrain_choice,
        pretrained_model_path=info.spec.model.pretrained_model_path,
    )
    for name, now, then in _changed(info, replace(config, model=weights)):
        if name.startswith("model.") or name in _FIXED:
            yield f"{name} is {now!r} here but was {then!r}"


def _other_identities(
    info: CheckpointInfo, config: ExperimentConfig, network: ReIDNetwork, held_out: tuple[int, ...]
) -> Iterator[str]:
    """A fault if the checkpoint held out other identities, or has another number of classes.

    With others held out, validation would score identities that the network has trained on.
    """
    if info.held_out != held_out:
        now, then = (_holdout(spec.dataset) for spec in (config, info.spec))
        yield f"{now} holds out other identities here than {then} did for the checkpoint"
    elif network.num_classes != info.num_classes:
        yield f"number of identities is {network.num_classes} here but was {info.num_classes}"


def _holdout(data: DatasetConfig) -> str:
    seed = f" with holdout_seed {data.holdout_seed}" if data.holdout else ""
    return f"dataset.holdout {data.holdout:g}{seed}"


def _another_plan(info: CheckpointInfo, config: ExperimentConfig, world_size: int) -> Iterator[str]:
    where = "and the checkpoint is from the middle of an epoch"
    for name, now, then in _changed(info, config):
        if name in _PLAN:
            yield f"{name} is {now!r} here but was {then!r}, {where}"
    if world_size != info.world_size:
        yield f"number of devices is {world_size} here but was {info.world_size}, {where}"
