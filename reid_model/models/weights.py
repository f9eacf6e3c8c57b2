"""Starting weights: where they come from, how their names are matched, and what matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from reid_model.errors import CheckpointError

Weights = Mapping[str, Tensor]

_WRAPPERS = ("state_dict", "model", "model_state_dict", "teacher")
_PREFIXES = ("module.", "model.", "network.", "base.", "backbone.", "student.")


@dataclass(frozen=True)
class MatchReport:
    """How many tensors of a network were set, and which were not, by name."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shape: tuple[str, ...]

    def summary(self) -> str:
        """One line for people."""
        return (
            f"{len(self.matched)} tensors loaded, {len(self.missing)} not in the file, "
            f"{len(self.unexpected)} of the file unused, {len(self.wrong_shape)} of another shape"
        )


def read_weights(path: Path) -> Weights:
    """The tensors of a ``.pth`` or ``.safetensors`` file; nothing in it is executed.

    Raises CheckpointError for a file that is missing, unreadable or holds no tensors.
    """
    if not path.is_file():
        raise CheckpointError(f"weights file {path} does not exist")
    try:
        found = _read(path)
    except Exception as exc:
        raise CheckpointError(f"weights file {path} cannot be read: {exc}") from exc
    tensors = _tensors(found)
    if not tensors:
        raise CheckpointError(f"weights file {path} holds no tensors")
    return tensors


def _read(path: Path) -> object:
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return load_file(path)
    return torch.load(path, map_location="cpu", weights_only=True)


def _tensors(found: object) -> dict[str, Tensor]:
    if not isinstance(found, dict):
        return {}
    for name in _WRAPPERS:
        if isinstance(found.get(name), dict):
            return _tensors(found[name])
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def load_weights(network: nn.Module, weights: Weights, *, source: str) -> MatchReport:
    """Copy every tensor that fits by name and shape; raises CheckpointError if none does."""
    own = network.state_dict()
    bare = {_bare(name): name for name in own}
    matched, unexpected, wrong_shape = [], [], []
    chosen: dict[str, Tensor] = {}
    for name, value in weights.items():
        target = bare.get(_bare(name))
        if target is None:
            unexpected.append(name)
        elif own[target].shape != value.shape:
            wrong_shape.append(f"{name} {tuple(value.shape)} -> {tuple(own[target].shape)}")
        else:
            chosen[target] = value
            matched.append(target)
    if not any(value.dim() > 0 for value in chosen.values()):
        raise CheckpointError(
            f"no tensor of {source} fits the network; is it for another backbone? "
            f"It holds {_few(weights)}; the network has {_few(own)}"
        )
    network.load_state_dict(chosen, strict=False)
    missing = tuple(name for name in own if name not in chosen)
    return MatchReport(tuple(matched), missing, tuple(unexpected), tuple(wrong_shape))


def _few(names: Weights) -> str:
    return f"{', '.join(list(names)[:3])}, ..."


def _bare(name: str) -> str:
    """A parameter's name without the wrappers that frameworks put in front of it."""
    shorter = True
    while shorter:
        shorter = False
        for prefix in _PREFIXES:
            if name.startswith(prefix):
                name, shorter = name.removeprefix(prefix), True
    return name
