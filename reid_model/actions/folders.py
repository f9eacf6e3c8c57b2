"""Where a run writes, and whether there is room for it."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import nn

from reid_model.config import ExperimentConfig
from reid_model.errors import ConfigError

_BYTES_PER_WEIGHT = 4
_COPIES = 3  # the weights themselves and Adam's two moments
_SPARE = 32 * 1024 * 1024


def check_results_dir(config: ExperimentConfig) -> None:
    """Raise ConfigError where ``results_dir`` is not set."""
    if not config.results_dir:
        raise ConfigError("results_dir is empty: set it to a folder that the run may write to")


def checkpoint_folder(config: ExperimentConfig) -> Path:
    """``train.results_dir``, or ``train/`` in the root ``results_dir``."""
    return Path(config.train.results_dir or Path(config.results_dir) / "train")


def check_room(folder: Path, network: nn.Module) -> None:
    """Raise ConfigError where the disk of ``folder`` has no room for two checkpoints.

    Two, because the newest is complete before an older one is removed.
    """
    weights = sum(value.numel() for value in network.state_dict().values())
    needed = 2 * _COPIES * _BYTES_PER_WEIGHT * weights + _SPARE
    free = shutil.disk_usage(_existing(folder)).free
    if free < needed:
        raise ConfigError(
            f"no room for checkpoints in {folder}: {needed / 1e6:.0f} MB are needed, "
            f"{free / 1e6:.0f} MB are free; free some or set results_dir to another disk"
        )


def _existing(folder: Path) -> Path:
    """The folder itself or its nearest parent that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
