"""What a checkpoint of this trainer says about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from reid_model.config import ExperimentConfig, load_spec
from reid_model.errors import CheckpointError, ConfigError

FACTS = "reid_model"
FORMAT = 1
_NUMBERS = ("num_classes", "num_cameras", "next_epoch", "batches_done")


@dataclass(frozen=True)
class Facts:
    """Everything but tensors: enough to build the network again and to go on training.

    Training goes on in ``next_epoch`` (from 0), after ``batches_done`` of its batches.
    """

    spec: ExperimentConfig
    num_classes: int
    num_cameras: int
    next_epoch: int
    batches_done: int

    def to_plain(self) -> dict[str, Any]:
        """Plain containers; the encryption key is left out."""
        return {
            "format": FORMAT,
            "spec": _plain(asdict(replace(self.spec, encryption_key=""))),
            "num_classes": self.num_classes,
            "num_cameras": self.num_cameras,
            "next_epoch": self.next_epoch,
            "batches_done": self.batches_done,
        }


def facts_of(checkpoint: Any, path: Path) -> Facts:
    """The facts in a checkpoint that was read from ``path``; raises CheckpointError."""
    found = checkpoint.get(FACTS) if isinstance(checkpoint, Mapping) else None
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this trainer")
    try:
        spec = load_spec(found["spec"])
        return Facts(spec, *(int(found[name]) for name in _NUMBERS))
    except (KeyError, TypeError, ValueError, ConfigError) as exc:
        raise CheckpointError(f"{path} cannot be used: {exc}") from exc


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    return list(value) if isinstance(value, tuple) else value
