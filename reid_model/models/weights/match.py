"""Starting weights: how their names are matched, and what matched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from reid_model.errors import CheckpointError
from reid_model.models.weights.architectures import recognised
from reid_model.models.weights.files import read_tensors
from reid_model.models.weights.found_tensors import tensors_of
from reid_model.models.weights.layouts import bare_name, canonical
from reid_model.models.weights.transreid import REPLACED

Weights = Mapping[str, Tensor]

_WHOLE = 0.9  # a file with less of the backbone's parameters is taken for a mistake


@dataclass(frozen=True)
class MatchReport:
    """How many tensors of a network were set, and which were not, by name."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shape: tuple[str, ...]
    replaced: tuple[str, ...]  # of the file: the network that it holds does not use them
    backbone_share: float  # of the backbone's parameters, those that were set: 0..1

    def summary(self) -> str:
        """One line for people."""
        told = [f"{len(self.matched)} tensors loaded"]
        for names, words in (
            (self.missing, "not in the file"),
            (self.unexpected, "of the file unused"),
            (self.wrong_shape, "of another shape"),
            (self.replaced, "of the file replaced by its branches"),
        ):
            if names:
                told.append(f"{len(names)} {words} ({_few(names)})")
        return ", ".join(told)


def read_weights(path: Path, passphrase: str = "") -> Weights:
    """The tensors of a ``.pth`` or ``.safetensors`` file; nothing in it is executed.

    Raises CheckpointError for a file that is missing, unreadable or holds no tensors.
    """
    tensors = tensors_of(read_tensors(path, passphrase))
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors")
    return tensors


def load_weights(network: nn.Module, weights: Weights, *, source: str) -> MatchReport:
    """Copy every tensor that fits by name and shape; raises CheckpointError if none does."""
    own = network.state_dict()
    by_bare_name = {bare_name(name): name for name in own}
    unexpected, wrong_shape, replaced = [], [], []
    chosen: dict[str, Tensor] = {}
    for name, (given, value) in canonical(weights).items():
        # Layouts rename what a network of timm calls as the file does: ConvNeXt has stages.
        target = by_bare_name.get(name) or by_bare_name.get(bare_name(given))
        if name.startswith(REPLACED):
            replaced.append(given)
        elif target is None:
            unexpected.append(given)
        elif own[target].shape != value.shape:
            wrong_shape.append(f"{given} {tuple(value.shape)} -> {tuple(own[target].shape)}")
        else:
            chosen[target] = value
    if not any(value.dim() > 0 for value in chosen.values()):
        looks = recognised(weights)
        raise CheckpointError(
            f"no tensor of {source} fits the network"
            f"{f'; it looks like {looks}' if looks else ''}; is it for another backbone? "
            f"It holds {_few(weights)}; the network has {_few(own)}"
        )
    network.load_state_dict(chosen, strict=False)
    missing = tuple(name for name in own if name not in chosen)
    share = _backbone_share(network, chosen)
    return MatchReport(
        tuple(chosen), missing, tuple(unexpected), tuple(wrong_shape), tuple(replaced), share
    )


def start_from(network: nn.Module, weights: Weights, *, source: str, partial: bool) -> MatchReport:
    """Load starting weights; raises CheckpointError if none of them fits.

    Unless ``partial``, also if they cover under 0.9 of the backbone, hold layers of another
    architecture, or positions that cannot be resampled. The message names the architecture that
    the file seems to hold.
    """
    own = recognised(network.state_dict())
    report = load_weights(network, weights, source=source)
    looks = recognised(weights)
    other = looks and own and looks != own and _of_a_backbone(report.unexpected)
    if partial:
        return report
    _check_positions(report, source)
    if report.backbone_share >= _WHOLE and not other:
        return report
    share = f"{report.backbone_share:.0%} of the backbone's parameters"
    raise CheckpointError(
        f"{source} holds {'layers that the backbone lacks' if other else share}"
        f"{f'; it looks like {looks}' if looks else ''}: set model.backbone to what it holds, or"
        f" model.pretrained_partial=true to start from that part ({report.summary()})"
    )


def _check_positions(report: MatchReport, source: str) -> None:
    """Raise CheckpointError if a transformer would start without positions of its patches.

    timm resamples square grids only; of others a file does not say their sides.
    """
    lost = [told for told in report.wrong_shape if "pos_embed" in told]
    if lost:
        raise CheckpointError(
            f"{source} holds positions of a grid of patches that is not square, so it cannot be "
            f"resampled to yours ({lost[0]}): set model.input_height, model.input_width and "
            "model.patch_stride to what it was trained with, or model.pretrained_partial=true to "
            "learn positions anew"
        )


def _of_a_backbone(unused: tuple[str, ...]) -> bool:
    """Whether a network in which these tensors have a place computes another feature map."""
    return any(
        re.search(r"(^|\.)(conv\d|NL_\d|layers?\d?|stages|blocks)\.", name) for name in unused
    )


def _backbone_share(network: nn.Module, chosen: Mapping[str, Tensor]) -> float:
    """The share of the backbone's parameters, by count of numbers, that are in ``chosen``."""
    own = dict(network.named_parameters())
    sizes = {name: it.numel() for name, it in own.items() if name.startswith("backbone.")}
    sizes = sizes or {name: it.numel() for name, it in own.items()}  # the network is a backbone
    return sum(size for name, size in sizes.items() if name in chosen) / sum(sizes.values())


def _few(names: Mapping[str, Any] | tuple[str, ...]) -> str:
    shown = list(names)[:3]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")
