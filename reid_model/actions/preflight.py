"""Checks spec and data before a launch, so that input which no trial can use is refused early."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from reid_model.actions.folders import checkpoint_bytes, kept_checkpoints
from reid_model.config import ExperimentConfig, load_spec
from reid_model.config.model import ModelConfig
from reid_model.data.folder import Crop
from reid_model.data.inputs import TrainInputs, open_inputs, steps_of_epoch
from reid_model.models.network import ReIDNetwork
from reid_model.models.pretrained import find_weights


def check(spec: Mapping[str, Any]) -> list[str | dict[str, int]]:
    """Check the complete train ``spec`` and every image that it names; returns what was found.

    One line a split (images, identities, cameras), one of the weights to start from, and the facts
    ``checkpoint_bytes`` and ``checkpoints_per_trial``. The images are left decoded in the machine's
    cache, for the trials. Raises ConfigError, DataError or CheckpointError, which name the key,
    folder or file.
    """
    config = load_spec(spec)
    inputs = open_inputs(config, config.train.num_gpus)
    split = inputs.retrieval
    splits = {"train": inputs.train.crops, "query": split.query, "gallery": split.gallery}
    lines = [_line(name, crops) for name, crops in splits.items()]
    return [*lines, _weights(config.model), *inputs.store_notes, _checkpoints(config, inputs)]


def _checkpoints(config: ExperimentConfig, inputs: TrainInputs) -> dict[str, int]:
    """The size of a checkpoint and how many are on disk at once; allocates no weights."""
    with torch.device("meta"), _NoDraws():
        network = ReIDNetwork(config.model, inputs.train.num_classes, inputs.train.num_cameras)
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


def _weights(model: ModelConfig) -> str:
    found = find_weights(model)
    return found if isinstance(found, str) else f"starting weights: {found}"


def _line(name: str, crops: Sequence[Crop]) -> str:
    people = len({crop.pid for crop in crops if crop.pid > 0})
    cameras = len({crop.camid for crop in crops})
    return f"{name}: {len(crops)} images of {people} identities, {cameras} cameras"
