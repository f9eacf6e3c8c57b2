"""Checkpoint files: their names, the link to the newest, and writing them whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning.plugins.io import TorchCheckpointIO

LATEST = "reid_model_latest.pth"


def checkpoint_name(epoch: int, step: int) -> str:
    """The file name of a checkpoint after ``epoch`` finished epochs and ``step`` steps."""
    return f"model_epoch_{epoch:03d}_step_{step:05d}.pth"


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes beside the target and renames, so that a reader never meets half a file."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """See CheckpointIO."""
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
        try:
            torch.save(checkpoint, partial)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)


def point_to(link: Path, target: Path) -> None:
    """Make ``link`` a relative symbolic link to ``target``, replacing an older one in one step."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(os.path.relpath(target, link.parent))
    fresh.replace(link)
