"""Builds a network from weights without a spec of ours: another trainer's, or a bare state dict.

The ``model`` section has to describe them; where it does not, the error names the wrong keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from reid_model.config.model import ModelConfig
from reid_model.errors import CheckpointError
from reid_model.models.layouts import canonical, is_strong_baseline
from reid_model.models.network import ReIDNetwork
from reid_model.models.resnet import ResNetFeatures
from reid_model.models.weights import MatchReport, Weights, load_weights

_ANY_CLASSES = 2
# SOLIDER and TAO reduce the feature without a bias, and ours starts at 0.
_IGNORED = ("num_batches_tracked", "classifier.weight", "embedding.bias")
_KEYS = (
    ("part_heads.", "model.jpm, model.devide_length"),
    ("embedding.", "model.feat_dim, model.reduce_feat_dim"),
    ("neck.", "model.neck, model.feat_dim"),
    ("pool.", "model.gem_pooling"),
    ("camera.", "model.sie_camera"),
    ("semantic", "model.semantic_weight (1.0 leaves its layers out; TAO's 1.0 is 0.999999 here)"),
)
_BACKBONE = "model.backbone, model.input_channels, model.input_height, model.input_width"


def network_of_weights(weights: Weights, model: ModelConfig, *, source: str) -> ReIDNetwork:
    """The network of ``model`` with all of these weights, in evaluation mode.

    Classes and cameras are counted in the weights. Raises CheckpointError that names the keys of
    the ``model`` section that do not describe them.
    """
    found = {name: value for name, (_, value) in canonical(weights).items()}
    classes, cameras = found.get("classifier.weight"), found.get("camera.table")
    network = ReIDNetwork(
        model,
        _ANY_CLASSES if classes is None else len(classes),
        0 if cameras is None else len(cameras),
    )
    report = load_weights(network, weights, source=source)
    keys = _wrong_keys(report, network)
    if isinstance(network.backbone, ResNetFeatures) and is_strong_baseline(weights):
        network.backbone.without_first_relu()
    if keys:
        raise CheckpointError(
            f"{source} does not fit the spec; these keys do not describe it: {', '.join(keys)} "
            f"({report.summary()})"
        )
    return network.eval()


def _wrong_keys(report: MatchReport, network: ReIDNetwork) -> list[str]:
    """The spec keys behind tensors that are missing, of another shape or unused."""
    lacking = [*report.missing, *report.wrong_shape]
    told = [_key_of(name) or _BACKBONE for name in _that_matter(lacking)]
    unused = [name for name in _that_matter(report.unexpected) if not _reaches_nothing(name)]
    told += [key for name in unused if (key := _key_of(name))]
    return list(dict.fromkeys(told))


def _that_matter(names: Iterable[str]) -> list[str]:
    return [name for name in names if not name.partition(" ")[0].endswith(_IGNORED)]


def _reaches_nothing(name: str) -> bool:
    """Whether this is SOLIDER's semantic layer of the last stage, which affects no output."""
    return bool(re.search(r"semantic_embed_[wb]\.3\.", name))


def _key_of(name: str) -> str | None:
    return next((key for part, key in _KEYS if part in name), None)
