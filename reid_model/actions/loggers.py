"""Loggers by key: CSV and TensorBoard files, Weights & Biases where its package is installed."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from reid_model.config import ExperimentConfig
from reid_model.errors import ConfigError


def check_loggers(config: ExperimentConfig) -> None:
    """Raise ConfigError where a logger is asked for whose package is missing."""
    if config.wandb.enable and importlib.util.find_spec("wandb") is None:
        raise ConfigError("wandb.enable is true but wandb is not installed: pip install wandb")


def build_loggers(config: ExperimentConfig) -> list[Logger]:
    """The loggers of ``train.loggers`` and ``wandb``, writing below ``results_dir``."""
    folder = Path(config.results_dir)
    found: list[Logger] = []
    if "csv" in config.train.loggers:
        found.append(CSVLogger(folder, name="csv", version=""))
    if "tensorboard" in config.train.loggers:
        found.append(TensorBoardLogger(folder, name="tensorboard", version=""))
    if config.wandb.enable:
        found.append(_wandb(config, folder))
    return found


def _wandb(config: ExperimentConfig, folder: Path) -> Logger:
    """Offline without an API key, so that a missing login never ends a run."""
    from pytorch_lightning.loggers import WandbLogger

    asked, options = config.wandb, dict[str, Any]()
    for name in ("entity", "group"):
        if getattr(asked, name):
            options[name] = getattr(asked, name)
    return WandbLogger(
        name=asked.name or config.model_name,
        save_dir=folder,
        id=asked.run_id or None,
        project=asked.project or config.model_name,
        offline="WANDB_API_KEY" not in os.environ,
        tags=list(asked.tags),
        reinit=asked.reinit,
        sync_tensorboard=asked.sync_tensorboard,
        save_code=asked.save_code,
        **options,
    )
