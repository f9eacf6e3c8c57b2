"""Takes an exported ONNX file in place of a checkpoint, for evaluate and inference."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from reid_model.config import ExperimentConfig
from reid_model.config.refusals import leaves
from reid_model.errors import CheckpointError
from reid_model.models.onnx_network import OnnxNetwork, read_onnx

_SIZES = ("model.input_channels", "model.input_height", "model.input_width")
_PIXELS = ("dataset.pixel_mean", "dataset.pixel_std")
_BUILT_IN = ("model.backbone", "model.neck_feat")


def restore_onnx(
    path: str, config: ExperimentConfig, explicit: Collection[str]
) -> tuple[OnnxNetwork, ExperimentConfig, str]:
    """The graph of ``path``, the spec that describes it, and a note.

    Input size and normalisation come from the file; a spec may set another normalisation. Raises
    CheckpointError for a file that cannot be used or keys that contradict it.
    """
    network = read_onnx(Path(path), config.encryption_key)
    known = dict(_known(network))
    given, defaults = dict(leaves(config)), dict(leaves(ExperimentConfig()))
    differing = [name for name in known if given[name] != known[name]]
    chosen = [name for name in differing if name in explicit or given[name] != defaults[name]]
    faults = [
        f"{name} is {given[name]!r} in the spec and {known[name]!r} in the file"
        for name in chosen
        if name not in _PIXELS
    ]
    if faults:
        raise CheckpointError(f"{path} holds another network than the spec says", faults)
    taken = {name: value for name, value in known.items() if name not in chosen}
    network.flip = config.model.with_flip_feature and not _is_true(network, "with_flip_feature")
    return network, _with(config, taken), f"{path} runs in onnxruntime on the CPU"


def _known(network: OnnxNetwork) -> Iterator[tuple[str, Any]]:
    """The spec keys that the file fixes, with their values."""
    yield from zip(_SIZES, network.shape, strict=True)
    for name in _PIXELS:
        if value := network.facts.get(name.partition(".")[2]):
            yield name, tuple(json.loads(value))
    for name in _BUILT_IN:
        if value := network.facts.get(name.partition(".")[2]):
            yield name, value


def _is_true(network: OnnxNetwork, name: str) -> bool:
    return network.facts.get(name) == "True"


def _with(config: ExperimentConfig, values: dict[str, Any]) -> ExperimentConfig:
    model, dataset = (
        {name.partition(".")[2]: value for name, value in values.items() if name.startswith(part)}
        for part in ("model.", "dataset.")
    )
    return replace(
        config,
        model=replace(config.model, **model),
        dataset=replace(config.dataset, **dataset),
    )
