"""Where a run writes, and whether there is room for it."""

from __future__ import annotations

import shutil
from pathlib import Path

from torch import nn

from reid_model.config import ExperimentConfig
from reid_model.config.train import TrainConfig
from reid_model.errors import ConfigError

_BYTES_PER_WEIGHT = 4
_COPIES = 3  # the weights themselves and Adam's two moments
_SPARE = 32 * 1024 * 1024


def check_results_dir(config: ExperimentConfig) -> None:
    """Raise ConfigError if ``results_dir`` is not set."""
    if not config.results_dir:
        raise ConfigError("results_dir is empty: set it to a folder that the run may write to")


def checkpoint_folder(config: ExperimentConfig) -> Path:
    """``train.results_dir``, or ``train/`` in the root ``results_dir``."""
    return Path(config.train.results_dir or Path(config.results_dir) / "train")


def check_room(config: ExperimentConfig, network: nn.Module, steps: int) -> str | None:
    """A warning if the disk has no room for all checkpoints that the run will keep.

    ``steps`` are those of one epoch. Raises ConfigError if there is no room for the first two:
    the newest is complete before an older one is removed.
    """
    folder, train = checkpoint_folder(config), config.train
    size = checkpoint_bytes(train, network)
    count = kept_checkpoints(train, steps)
    free = shutil.disk_usage(_existing(folder)).free
    if free < 2 * size + _SPARE:
        raise ConfigError(
            f"no room for checkpoints in {folder}: {_mb(2 * size + _SPARE)} MB are needed, "
            f"{_mb(free)} MB are free; free some or set results_dir to another disk"
        )
    if free >= count * size + _SPARE:
        return None
    return (
        f"WARNING: {folder} has room for {(free - _SPARE) // size} of the up to {count} "
        f"checkpoints that will be there ({_mb(count * size)} MB needed, {_mb(free)} MB free); "
        "set train.save_top_k or a longer train.checkpoint_interval"
    )


def checkpoint_bytes(train: TrainConfig, network: nn.Module) -> int:
    """About the size of one checkpoint: weights, both moments of Adam, and EMA's weights."""
    weights = int(sum(value.numel() for value in network.state_dict().values()))
    return (_COPIES + bool(train.ema_decay)) * _BYTES_PER_WEIGHT * weights


def kept_checkpoints(train: TrainConfig, steps: int) -> int:
    """The most checkpoints that lie on the disk at once, the one being written included."""
    by_epoch = train.checkpoint_interval_unit == "epoch"
    total = train.num_epochs * (1 if by_epoch else steps)
    written = -(-total // train.checkpoint_interval)
    if train.save_top_k < 0:
        best_between = train.checkpoint_interval > 1
        return written + best_between
    return min(train.save_top_k + 2, train.num_epochs + written)


def _mb(count: int) -> str:
    return f"{count / 1e6:.0f}"


def _existing(folder: Path) -> Path:
    """The folder itself or its nearest parent that exists."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
