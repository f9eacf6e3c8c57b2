"""Rebuilds a trained network from its checkpoint, for evaluate, inference and export.

A checkpoint of this trainer holds the spec that it was trained with. Keys that the given spec
leaves out come from there; keys that it sets must agree, except those in ``_FREE``, which may
change at test time. A spec that writes out every key, as the templates do, counts as setting only
what differs from the default. Weights of other trainers are built by the given spec and must fit
completely.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from reid_model.actions.training.restore_onnx import restore_onnx
from reid_model.config import ExperimentConfig
from reid_model.config.refusals import leaves
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.onnx_network import SUFFIX, OnnxNetwork
from reid_model.models.weights.checkpoint import INFO_KEY, CheckpointInfo, checkpoint_info
from reid_model.models.weights.files import naming, read_tensors
from reid_model.models.weights.foreign import network_of_weights
from reid_model.models.weights.match import read_weights

_BUILT = tuple(
    f"model.{name}"
    for name in (
        "backbone",
        "last_stride",
        "non_local",
        "patch_stride",
        "input_channels",
        "neck",
        "feat_dim",
        "reduce_feat_dim",
        "gem_pooling",
        "jpm",
        "shift_num",
        "shuffle_group",
        "devide_length",
        "re_arrange",
        "sie_camera",
        "sie_coe",
        "semantic_weight",
    )
)
_FREE = (
    "model.input_height",
    "model.input_width",
    "model.neck_feat",
    "model.with_flip_feature",
    "dataset.pixel_mean",
    "dataset.pixel_std",
)


@dataclass(frozen=True)
class Restored:
    """A network in evaluation mode on the CPU, and the spec that describes it.

    It is an OnnxNetwork if the checkpoint is an ONNX file. ``info``: what a checkpoint of this
    trainer says of its training.
    """

    network: ReIDNetwork | OnnxNetwork
    config: ExperimentConfig
    note: str
    info: CheckpointInfo | None = None


def explicit_keys(spec: Mapping[str, Any]) -> frozenset[str]:
    """The dotted keys of the network that ``spec`` sets itself, overrides included.

    Empty if it writes all of them out: then its defaults are the template's, not the user's.
    """
    explicit = frozenset(
        name
        for name in (*_BUILT, *_FREE)
        if name.partition(".")[2] in (spec.get(name.partition(".")[0]) or {})
    )
    return explicit if len(explicit) < len(_BUILT) + len(_FREE) else frozenset()


def restore_network(
    path: str, config: ExperimentConfig, *, key: str, explicit: Collection[str] = ()
) -> Restored:
    """The network of checkpoint ``path``, which the spec key ``key`` named.

    ``explicit``: the keys whose value counts even if it is the default (:func:`explicit_keys`).
    Neither the training data nor a pretraining file is needed. Raises CheckpointError for a file
    that is missing, unreadable or does not fit, with the keys that contradict it.
    """
    if not path:
        raise CheckpointError(f"{key} is empty: set it to a checkpoint that `train` wrote")
    file = Path(path)
    if file.suffix.lower() == SUFFIX:
        with naming(key):
            return Restored(*restore_onnx(path, config, explicit))
    with naming(key):
        checkpoint = read_tensors(file, config.encryption_key)
    if isinstance(checkpoint, Mapping) and INFO_KEY in checkpoint:
        return _own(checkpoint, file, config, explicit)
    weights = read_weights(file, config.encryption_key)
    network, left_out = network_of_weights(weights, config.model, source=path)
    note = f"{path} does not say how it was trained: built by the spec"
    return Restored(network, config, f"{note}; {left_out}" if left_out else note)


def _own(
    checkpoint: Mapping[str, Any], file: Path, config: ExperimentConfig, explicit: Collection[str]
) -> Restored:
    info = checkpoint_info(checkpoint, file)
    agreed, note = agreed_spec(config, info.spec, str(file), explicit)
    network = ReIDNetwork(agreed.model, info.num_classes, info.num_cameras)
    try:
        network.load_state_dict(_network_weights(checkpoint))
    except RuntimeError as exc:
        raise CheckpointError(f"{file} does not fit {note or 'its own spec'}: {exc}") from exc
    return Restored(network.eval(), agreed, note, info)


def _network_weights(checkpoint: Mapping[str, Any]) -> dict[str, Tensor]:
    own = "network."
    state = checkpoint.get("state_dict", {})
    return {name[len(own) :]: value for name, value in state.items() if name.startswith(own)}


def agreed_spec(
    config: ExperimentConfig, trained: ExperimentConfig, source: str, explicit: Collection[str]
) -> tuple[ExperimentConfig, str]:
    """``config`` with the network of ``trained``, and one line on what was taken from where.

    Raises CheckpointError that lists every key on which the two disagree.
    """
    given, known, defaults = (dict(leaves(it)) for it in (config, trained, ExperimentConfig()))
    differing = [name for name in (*_BUILT, *_FREE) if given[name] != known[name]]
    chosen = [name for name in differing if name in explicit or given[name] != defaults[name]]
    faults = [
        f"{name} is {given[name]!r} in the spec and {known[name]!r} in the checkpoint"
        for name in chosen
        if name in _BUILT
    ]
    if faults:
        raise CheckpointError(f"{source} holds another network than the spec says", faults)
    picked = {name: (given if name in chosen else known)[name] for name in _FREE}
    model, dataset = (
        {name.partition(".")[2]: value for name, value in picked.items() if name.startswith(part)}
        for part in ("model.", "dataset.")
    )
    agreed = replace(
        config,
        model=replace(trained.model, **model),
        dataset=replace(config.dataset, **dataset),
    )
    return agreed, _agreement_note(differing, chosen, dict(leaves(agreed)))


def _agreement_note(differing: list[str], chosen: list[str], values: Mapping[str, Any]) -> str:
    taken = [f"{name} {values[name]}" for name in differing if name not in chosen]
    anew = [f"{name} {values[name]}" for name in chosen]
    parts = (("from the checkpoint", taken), ("set anew", anew))
    return "; ".join(f"{words}: {', '.join(names)}" for words, names in parts if names)
