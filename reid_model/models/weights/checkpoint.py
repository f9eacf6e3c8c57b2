"""What a checkpoint of this trainer holds beside its tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reid_model.config import ExperimentConfig, load_spec
from reid_model.errors import CheckpointError, ConfigError

INFO_KEY = "reid_model"
FORMAT = 2
_NUMBERS = ("num_classes", "num_cameras", "next_epoch", "batches_done", "world_size")


@dataclass(frozen=True)
class CheckpointInfo:
    """Everything but tensors: enough to build the network again and to go on training.

    Training goes on in ``next_epoch`` (from 0), after ``batches_done`` of its batches, each shared
    by ``world_size`` devices. ``kpi`` are the figures of the epoch that was finished, if one was.
    ``held_out``: the identities that ``dataset.holdout`` kept from training, sorted.
    """

    spec: ExperimentConfig
    num_classes: int
    num_cameras: int
    next_epoch: int
    batches_done: int
    world_size: int
    kpi: Mapping[str, float]
    held_out: tuple[int, ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Plain containers; the encryption key is left out."""
        return {
            "format": FORMAT,
            "spec": _plain(asdict(replace(self.spec, encryption_key=""))),
            **{name: getattr(self, name) for name in _NUMBERS},
            "kpi": dict(self.kpi),
            "held_out": list(self.held_out),
        }


def checkpoint_info(checkpoint: Any, path: Path) -> CheckpointInfo:
    """The info in a checkpoint that was read from ``path``; raises CheckpointError."""
    found = checkpoint.get(INFO_KEY) if isinstance(checkpoint, Mapping) else None
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this version of the trainer")
    try:
        spec = load_spec(found["spec"])
        kpi = {name: float(value) for name, value in found["kpi"].items()}
        numbers = {name: int(found[name]) for name in _NUMBERS}
        held_out = tuple(int(pid) for pid in found.get("held_out", ()))
        return CheckpointInfo(spec=spec, kpi=kpi, held_out=held_out, **numbers)
    except (AttributeError, KeyError, TypeError, ValueError, ConfigError) as exc:
        raise CheckpointError(f"{path} cannot be used: {exc}") from exc


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
