"""Maps the parameter names of other trainers to ours.

Wrappers in front of a name (``module.``, ``model.base.``) are dropped; TAO's, torchreid's and
fast-reid's heads have names of their own, and TAO's ResNets reduce the feature by a 1x1 convolution
before they pool, which is the same as our linear layer after it; SOLIDER's Swin follows mmcv, whose
patch merging orders its inputs differently from timm's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from reid_model.models.weights import transreid

_PREFIXES = (
    "module.",
    "_orig_mod.",
    "model.",
    "network.",
    "net.",
    "encoder.",
    "base.",
    "backbone.",
    "body.",
    "student.",
    "teacher.",
    "head.",
)
_FC_OF_TORCHREID = "fc.1.running_mean"
_CONV_OF_FAST_REID = "heads.bottleneck.1.running_mean"
_RENAMED = (
    (re.compile(r"^bottleneck\."), "neck."),
    (re.compile(r"^heads\.(bnneck|bottleneck\.1)\."), "neck."),
    (re.compile(r"^heads\.weight$"), "classifier.weight"),
    (re.compile(r"^(heads\.pool_layer|global_pool)\.p$"), "pool.power"),
    (re.compile(r"^(fcneck|feature)\."), "embedding."),
    (re.compile(r"^patch_embed\.projection\."), "patch_embed.proj."),
    (re.compile(r"^stages\."), "layers."),
    (re.compile(r"\.attn\.w_msa\."), ".attn."),
    (re.compile(r"\.ffn\.layers\.0\.0\."), ".mlp.fc1."),
    (re.compile(r"\.ffn\.layers\.1\."), ".mlp.fc2."),
    (re.compile(r"^norm3\."), "norm."),
    (re.compile(r"^semantic_embed_w\."), "semantic.scale."),
    (re.compile(r"^semantic_embed_b\."), "semantic.shift."),
)
_MERGING = re.compile(r"^layers\.(\d)\.downsample\.(.+)$")
_FROM_UNFOLD = [0, 2, 1, 3]


def bare_name(name: str) -> str:
    """A parameter's name without the wrappers that frameworks put in front of it."""
    for prefix in _PREFIXES:
        if name.startswith(prefix):
            return bare_name(name.removeprefix(prefix))
    return name


def canonical(weights: Mapping[str, Tensor]) -> dict[str, tuple[str, Tensor]]:
    """Bare canonical name -> (name in the file, tensor), for weights of any known layout."""
    unfolded = any("w_msa" in name for name in weights)
    merged_late = any(bare_name(name).startswith("layers.0.downsample.") for name in weights)
    bare = {bare_name(name) for name in weights}
    # The first of fast-reid's bottleneck is the neck, or a convolution that reduces before it.
    first = "embedding." if _CONV_OF_FAST_REID in bare else "neck."
    found = {}
    for name, value in weights.items():
        target = transreid.renamed(bare_name(name), bare)
        target = re.sub(r"^heads\.bottleneck\.0\.", first, target)
        for pattern, replacement in _RENAMED:
            target = pattern.sub(replacement, target)
        if _FC_OF_TORCHREID in bare:
            target = re.sub(r"^fc\.(0|1)\.", r"embedding.\1.", target)
        if target == "pool.power":
            value = value.reshape(())
        if target == transreid.CAMERAS and value.dim() == 3:
            value = transreid.camera_table(value)
        merging = _MERGING.match(target)
        if merging and (unfolded or merged_late):
            # timm merges patches at the start of a stage, Swin's authors and mmcv at its end.
            target = f"layers.{int(merging[1]) + 1}.downsample.{merging[2]}"
            value = _reordered(value) if unfolded else value
        if target == "embedding.weight":
            value = value.flatten(1)
        found[target] = (name, value)
    return found


def is_strong_baseline(weights: Mapping[str, Tensor]) -> bool:
    """Whether these are a ResNet by the code of Luo et al. (CVPRW 2019), which TAO took over.

    Its networks have no ReLU after the first normalisation.
    """
    bare = {bare_name(name) for name in weights}
    return "layer1.0.conv1.weight" in bare and any(name.startswith("bottleneck.") for name in bare)


def is_torchreid(weights: Mapping[str, Tensor]) -> bool:
    """Whether these have the fully connected layer that torchreid trains after the pooling."""
    return any(bare_name(name) == _FC_OF_TORCHREID for name in weights)


def is_fast_reid(weights: Mapping[str, Tensor]) -> bool:
    """Whether these are a network of fast-reid, whose ResNets pool without padding."""
    return any(bare_name(name).startswith("heads.") for name in weights)


def _reordered(value: Tensor) -> Tensor:
    """Patch-merging inputs from (channel, 2x2) of nn.Unfold to (2x2, channel) of Swin."""
    rows = value.reshape(*value.shape[:-1], -1, 4).transpose(-1, -2)
    return torch.index_select(rows, -2, torch.tensor(_FROM_UNFOLD)).flatten(-2)
