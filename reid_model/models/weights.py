"""Starting weights: how their names are matched, and what matched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from reid_model.errors import CheckpointError
from reid_model.models.files import read_tensors
from reid_model.models.layouts import bare_name, canonical

Weights = Mapping[str, Tensor]

_WRAPPERS = ("state_dict", "model", "model_state_dict", "teacher")


@dataclass(frozen=True)
class MatchReport:
    """How many tensors of a network were set, and which were not, by name."""

    matched: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shape: tuple[str, ...]

    def summary(self) -> str:
        """One line for people."""
        told = [f"{len(self.matched)} tensors loaded"]
        for names, words in (
            (self.missing, "not in the file"),
            (self.unexpected, "of the file unused"),
            (self.wrong_shape, "of another shape"),
        ):
            if names:
                told.append(f"{len(names)} {words} ({_few(names)})")
        return ", ".join(told)


def read_weights(path: Path, passphrase: str = "") -> Weights:
    """The tensors of a ``.pth`` or ``.safetensors`` file; nothing in it is executed.

    Raises CheckpointError for a file that is missing, unreadable or holds no tensors.
    """
    tensors = _tensors(read_tensors(path, passphrase))
    if not tensors:
        raise CheckpointError(f"{path} holds no tensors")
    return tensors


def _tensors(found: Any) -> dict[str, Tensor]:
    if not isinstance(found, dict):
        return {}
    for name in _WRAPPERS:
        if isinstance(found.get(name), dict):
            return _tensors(found[name])
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def load_weights(network: nn.Module, weights: Weights, *, source: str) -> MatchReport:
    """Copy every tensor that fits by name and shape; raises CheckpointError if none does."""
    own = network.state_dict()
    by_bare_name = {bare_name(name): name for name in own}
    unexpected, wrong_shape = [], []
    chosen: dict[str, Tensor] = {}
    for name, (given, value) in canonical(weights).items():
        target = by_bare_name.get(name)
        if target is None:
            unexpected.append(given)
        elif own[target].shape != value.shape:
            wrong_shape.append(f"{given} {tuple(value.shape)} -> {tuple(own[target].shape)}")
        else:
            chosen[target] = value
    if not any(value.dim() > 0 for value in chosen.values()):
        raise CheckpointError(
            f"no tensor of {source} fits the network; is it for another backbone? "
            f"It holds {_few(weights)}; the network has {_few(own)}"
        )
    network.load_state_dict(chosen, strict=False)
    missing = tuple(name for name in own if name not in chosen)
    return MatchReport(tuple(chosen), missing, tuple(unexpected), tuple(wrong_shape))


def _few(names: Mapping[str, Any] | tuple[str, ...]) -> str:
    shown = list(names)[:3]
    return ", ".join(shown) + (", ..." if len(names) > len(shown) else "")
