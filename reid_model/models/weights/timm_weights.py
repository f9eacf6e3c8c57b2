"""Published weights of timm's networks: where they are, and how they fit another crop size."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from reid_model.config.families import TIMM
from reid_model.models.weights.layouts import bare_name

Weights = Mapping[str, Tensor]


@functools.cache
def timm_file(backbone: str) -> Path | str:
    """The file of ``timm:NAME`` in the machine's cache of the hub, fetched if need be, or why not.

    Cached per process, so a sweep without internet waits once, not per trial.
    """
    import timm

    about: Any = timm.get_pretrained_cfg(backbone.removeprefix(TIMM))
    repository = getattr(about, "hf_hub_id", None)
    if not repository:
        return "timm names no file that can be fetched"
    from huggingface_hub import hf_hub_download

    name = about.hf_hub_filename or "model.safetensors"
    try:
        return Path(hf_hub_download(repository, name, etag_timeout=10))
    except (OSError, ValueError) as exc:
        said = str(exc).strip().partition("\n")[0] or type(exc).__name__
        return f"{repository} is not in the cache and the download failed: {said:.200}"


def fitted(network: nn.Module, weights: Weights) -> Weights:
    """``weights`` as timm fits them to its network: names, patches and positions of its crops.

    Other backbones get them as they are.
    """
    backbone = getattr(network, "backbone", None)
    body = getattr(backbone, "body", None)
    adapt = getattr(sys.modules.get(type(body).__module__), "checkpoint_filter_fn", None)
    if adapt is None or type(backbone).__name__ not in ("TimmFeatures", "VitFeatures"):
        return weights
    try:
        found: Weights = adapt({_unwrapped(name): each for name, each in weights.items()}, body)
    except Exception:  # another network's file: whoever loads it says what it holds
        return weights
    return {**_for_parts(found, backbone, body), **found}


def _for_parts(weights: Weights, backbone: Any, body: Any) -> Weights:
    """Jigsaw parts start from the last block and norm, as in TransReID."""
    if getattr(backbone, "part_block", None) is None or "b2.1.weight" in weights:
        return {}
    last = f"blocks.{len(body.blocks) - 1}."
    starts = ((last, "part_block.0."), ("norm.", "part_block.1."))
    return {
        name.replace(start, ours, 1): each
        for name, each in weights.items()
        for start, ours in starts
        if name.startswith(start)
    }


def _unwrapped(name: str) -> str:
    """The bare name, with the word that timm puts before its classifier's layers."""
    bare = bare_name(name)
    return f"head.{bare}" if name.endswith(f"head.{bare}") else bare
