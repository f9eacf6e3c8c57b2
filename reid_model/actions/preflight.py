"""Checks spec and data before a launch, so that input which no trial can use is refused early."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from reid_model.actions.folders import checkpoint_bytes, kept_checkpoints
from reid_model.actions.training.devices import pick_devices
from reid_model.actions.training.holdout_leak import leak_note
from reid_model.actions.training.network import build_network
from reid_model.actions.training.resume import read_resume_info
from reid_model.actions.training.seed import with_seed
from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.loggers import usable_loggers
from reid_model.data.batch_size import refuse_fitted
from reid_model.data.inputs import TrainInputs, open_inputs, steps_of_epoch
from reid_model.data.splits import split_line
from reid_model.models.network import ReIDNetwork
from reid_model.models.weights.files import naming
from reid_model.models.weights.match import read_weights
from reid_model.models.weights.pretrained import find_weights


def check(
    spec: Mapping[str, Any], *, direct: bool = False, user_keys: Collection[str] = ()
) -> list[str | dict[str, int]]:
    """Check the complete train ``spec`` and every image that it names; returns what was found.

    One line a split (images, identities, cameras), one of the weights to start from, and the facts
    ``checkpoint_bytes`` and ``checkpoints_per_trial``. The images are left decoded in the machine's
    cache, for the trials. Raises ConfigError, DataError or CheckpointError, which name the key,
    folder or file. ``direct``: the spec runs once on this machine, so its devices are checked too.
    ``user_keys``: keys whose value somebody wants, so none of them may be adapted to the data.
    """
    config = load_spec(spec)
    config, logger_note = usable_loggers(config)
    if direct:
        devices = pick_devices(config.train.num_gpus, config.train.gpu_ids)
        devices.precision(config.train.precision)
    inputs = open_inputs(config, config.train.num_gpus)
    if "dataset.batch_size" in user_keys:
        refuse_fitted(config, inputs.config, inputs.train)
    config, split = inputs.config, inputs.retrieval
    network = _empty_network(config, inputs)
    if config.train.resume_training_checkpoint_path:
        held_out = inputs.train.held_out_pids
        read_resume_info(with_seed(config)[0], network, config.train.num_gpus, held_out)
    held = "held-out " if inputs.train.held_out else ""
    splits = {
        "train": inputs.train.crops,
        f"{held}query": split.query,
        f"{held}gallery": split.gallery,
    }
    lines = [split_line(name, crops) for name, crops in splits.items()]
    notes = (*inputs.notes, logger_note, leak_note(config, inputs.train))
    return [*lines, _weights(config), *filter(None, notes), _checkpoints(config, inputs, network)]


def _empty_network(config: ExperimentConfig, inputs: TrainInputs) -> ReIDNetwork:
    """The network without memory for its weights."""
    with torch.device("meta"), _NoDraws():
        return build_network(config, inputs.train)


def _checkpoints(
    config: ExperimentConfig, inputs: TrainInputs, network: ReIDNetwork
) -> dict[str, int]:
    """The size of a checkpoint and how many are on disk at once."""
    steps = steps_of_epoch(config, inputs.train, config.train.num_gpus)
    return {
        "checkpoint_bytes": checkpoint_bytes(config.train, network),
        "checkpoints_per_trial": kept_checkpoints(config.train, steps),
    }


class _NoDraws(TorchFunctionMode):
    """Skips draws of normal numbers: on meta tensors they do nothing but load torch's compiler."""

    def __torch_function__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        named = kwargs or {}
        if function in (torch.Tensor.normal_, torch.nn.init.normal_):
            return args[0] if args else named["tensor"]
        return function(*args, **named)


def _weights(config: ExperimentConfig) -> str:
    found = find_weights(config.model)
    if isinstance(found, str):
        return found
    if config.model.pretrained_model_path:
        with naming("model.pretrained_model_path"):
            read_weights(found, config.encryption_key)
    return f"starting weights: {found}"
