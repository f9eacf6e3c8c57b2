"""Loggers by key: CSV and TensorBoard files, Weights & Biases where its package is installed."""

from __future__ import annotations

import importlib.util
import netrc
import os
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from reid_model.actions.forgiving_logger import ForgivingLogger
from reid_model.config import ExperimentConfig
from reid_model.errors import ConfigError

_WANDB_URL: Final = "https://api.wandb.ai"


def check_loggers(config: ExperimentConfig) -> None:
    """Raise ConfigError where a logger is asked for whose package is missing."""
    if config.wandb.enable and importlib.util.find_spec("wandb") is None:
        raise ConfigError("wandb.enable is true but wandb is not installed: pip install wandb")


def build_loggers(config: ExperimentConfig) -> list[Logger]:
    """The loggers of ``train.loggers`` and ``wandb``, writing below ``results_dir``.

    One that fails, now or later, is told on stderr and done without.
    """
    folder = Path(config.results_dir)
    found: list[Logger] = []
    if "csv" in config.train.loggers:
        found.append(ForgivingLogger("csv", lambda: CSVLogger(folder, name="csv", version="")))
    if "tensorboard" in config.train.loggers:
        found.append(ForgivingLogger("tensorboard", lambda: _tensorboard(folder)))
    if config.wandb.enable:
        found.append(ForgivingLogger("Weights & Biases", lambda: _wandb(config, folder)))
    return found


def _tensorboard(folder: Path) -> Logger:
    return TensorBoardLogger(folder, name="tensorboard", version="")


def _wandb(config: ExperimentConfig, folder: Path) -> Logger:
    """Offline where nobody has logged in or said otherwise: nobody is there to be asked."""
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
        offline=not _has_login(),
        tags=list(asked.tags),
        reinit=asked.reinit,
        sync_tensorboard=asked.sync_tensorboard,
        save_code=asked.save_code,
        **options,
    )


def _has_login() -> bool:
    """Whether Weights & Biases was told a key or a mode, or `wandb login` left a netrc entry."""
    if os.environ.get("WANDB_API_KEY") or os.environ.get("WANDB_MODE"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL") or _WANDB_URL).hostname or ""
    named = os.environ.get("NETRC")
    files = [Path(named)] if named else [Path.home() / name for name in (".netrc", "_netrc")]
    return any(_has_entry(file, host) for file in files)


def _has_entry(file: Path, host: str) -> bool:
    try:
        entries = netrc.netrc(str(file))
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        return False
    return host in entries.hosts
