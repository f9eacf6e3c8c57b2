"""Builds a network from weights without a spec of ours: another trainer's, or a bare state dict.

The ``model`` section has to describe them; if it does not, the error names the wrong keys. Every
tensor of the file is used, or left out for a reason that is told; any other is an error.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from torch import Tensor

from reid_model.config.model import ModelConfig
from reid_model.errors import CheckpointError
from reid_model.models.network import ReIDNetwork
from reid_model.models.resnet import ResNetFeatures
from reid_model.models.weights.architectures import recognised
from reid_model.models.weights.layouts import (
    bare_name,
    canonical,
    is_fast_reid,
    is_strong_baseline,
    is_torchreid,
)
from reid_model.models.weights.match import Weights, load_weights

_ANY_CLASSES = 2
# SOLIDER and TAO reduce the feature without a bias, and ours starts at 0; fast-reid's generalised
# mean of a fixed power, which files do not hold, is of 3, where ours starts.
_IGNORED = ("num_batches_tracked", "classifier.weight", "embedding.bias")
_FIXED_POWER = "pool.power"
_KEYS = (
    ("part_heads.", "model.jpm, model.devide_length"),
    ("part_block.", "model.jpm"),
    ("bottleneck_", "model.jpm, model.devide_length"),
    ("classifier_", "model.jpm, model.devide_length"),
    ("b2.", "model.jpm"),
    ("pos_embed", "model.patch_stride, model.input_height, model.input_width"),
    ("sie_embed", "model.sie_camera"),
    ("embedding.", "model.feat_dim, model.reduce_feat_dim"),
    ("neck.", "model.neck, model.feat_dim"),
    ("pool.", "model.gem_pooling"),
    ("camera.", "model.sie_camera"),
    ("NL_", "model.non_local"),
    ("semantic", "model.semantic_weight (1.0 leaves its layers out; TAO's 1.0 is 0.999999 here)"),
)
_BACKBONE = "model.backbone, model.input_channels, model.input_height, model.input_width"
# What a file may hold beside what its embeddings need, and why it is not needed.
_LEFT_OUT: Final = (
    (r"num_batches_tracked$", "counters of training"),
    (r"^(classifier|fc|heads?\.fc)\.(weight|bias)$|^(weight|bias)$", "the identity classifier"),
    (r"semantic_embed_[wb]\.3\.", "a layer of SOLIDER that reaches no output"),
    (
        r"(^|\.)pixel_(mean|std)$",
        "its normalisation, which dataset.pixel_* set",
    ),
    (r"(^|\.)(center|centers|criterion|losses?)(\.|$)|_loss\.", "parameters of a loss"),
)


def network_of_weights(
    weights: Weights, model: ModelConfig, *, source: str
) -> tuple[ReIDNetwork, str]:
    """The network of ``model`` with these weights, in evaluation mode, and what was left out.

    Classes and cameras are counted in the weights. Raises CheckpointError that names the keys of
    the ``model`` section that do not describe them, or the tensors for which it has no place.
    """
    found = {name: value for name, (_, value) in canonical(weights).items()}
    network = _built(found, weights, model)
    report = load_weights(network, weights, source=source)
    left_out, unknown = _sorted_out(report.unexpected)
    if report.replaced:
        left_out["a last block that TransReID's branches replace"] = list(report.replaced)
    lacking = [*report.missing, *report.wrong_shape]
    if is_fast_reid(weights):
        lacking = [name for name in lacking if name != _FIXED_POWER]
    keys = _wrong_keys(lacking, unknown)
    if keys or unknown:
        looks = recognised(weights)
        raise CheckpointError(
            f"{source} does not fit the spec"
            + (f"; these keys do not describe it: {', '.join(keys)}" if keys else "")
            + (f"; the network has no place for {_few(unknown)}" if unknown and not keys else "")
            + (f"; it looks like {looks}" if looks else "")
            + f" ({report.summary()})"
        )
    told = "; ".join(f"{reason} ({_few(names)})" for reason, names in left_out.items())
    return network.eval(), f"left out of the file: {told}" if told else ""


def _built(found: Mapping[str, Tensor], weights: Weights, model: ModelConfig) -> ReIDNetwork:
    """The network that these weights were trained in, as far as theirs differ from ours."""
    classes, cameras = found.get("classifier.weight"), found.get("camera.table")
    network = ReIDNetwork(
        model,
        _ANY_CLASSES if classes is None else len(classes),
        0 if cameras is None else len(cameras),
    )
    if is_torchreid(weights):
        network.head.take_fully_connected(found["embedding.0.weight"])
    if isinstance(network.backbone, ResNetFeatures):
        if is_strong_baseline(weights):
            network.backbone.without_first_relu()
        if is_fast_reid(weights):
            network.backbone.pool_without_padding()
    return network


def _sorted_out(unexpected: Iterable[str]) -> tuple[dict[str, list[str]], list[str]]:
    """Reason -> the names that are left out for it, and the names for which there is none."""
    left_out: dict[str, list[str]] = defaultdict(list)
    unknown = []
    for name in unexpected:
        bare = bare_name(name)
        reason = next((why for pattern, why in _LEFT_OUT if re.search(pattern, bare)), None)
        unknown.append(name) if reason is None else left_out[reason].append(name)
    return left_out, unknown


def _wrong_keys(lacking: Iterable[str], unknown: Iterable[str]) -> list[str]:
    """The spec keys behind tensors that are missing or of another shape, or have no place."""
    told = [_key_of(name) or _BACKBONE for name in _that_matter(lacking)]
    told += [key for name in unknown if (key := _key_of(name))]
    return list(dict.fromkeys(", ".join(told).split(", "))) if told else []


def _that_matter(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.partition(" ")[0].endswith(_IGNORED)]


def _key_of(name: str) -> str | None:
    return next((key for part, key in _KEYS if part in name), None)


def _few(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")
