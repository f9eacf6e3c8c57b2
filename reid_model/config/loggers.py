"""Which of a spec's loggers the installed packages can serve, known without importing them."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from typing import Final

from reid_model.config.experiment import ExperimentConfig
from reid_model.errors import ConfigError

_INSTALL: Final = "pip install 'reid-automl[loggers]'"
_NO_WANDB: Final = (
    "WARNING: wandb.enable is true but wandb is not installed: the run goes on without it "
    f"({_INSTALL})"
)


def usable_loggers(config: ExperimentConfig) -> tuple[ExperimentConfig, str | None]:
    """``config`` with W&B switched off if it is not installed, and a warning that says so.

    The templates of TAO switch it on. Raises ConfigError if another package is missing.
    """
    note = None
    if config.wandb.enable and not _installed("wandb"):
        config, note = replace(config, wandb=replace(config.wandb, enable=False)), _NO_WANDB
    if config.wandb.enable and config.wandb.sync_tensorboard and not _installed("tensorboard"):
        raise ConfigError(f"wandb.sync_tensorboard needs the package tensorboard: {_INSTALL}")
    tensorboards = ("tensorboard", "tensorboardX")
    if "tensorboard" in config.train.loggers and not any(map(_installed, tensorboards)):
        raise ConfigError(
            f"train.loggers names tensorboard but its package is not installed: {_INSTALL}"
        )
    return config, note


def _installed(package: str) -> bool:
    return importlib.util.find_spec(package) is not None
