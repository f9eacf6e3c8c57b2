"""Loggers by key: CSV and TensorBoard files, Weights & Biases if its package is installed."""

from __future__ import annotations

import csv
import netrc
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger

from reid_model.actions.training.devices import is_first_process
from reid_model.actions.training.forgiving_logger import ForgivingLogger
from reid_model.actions.training.wandb_run import WandbRun
from reid_model.config import ExperimentConfig
from reid_model.config.refusals import leaves

_WANDB_URL: Final = "https://api.wandb.ai"
CSV_FILE: Final = "metrics.csv"
_SECRETS: Final = ("encryption_key",)


def build_loggers(config: ExperimentConfig, epochs_done: int = 0) -> list[Logger]:
    """The loggers of ``train.loggers`` and ``wandb``, writing below ``results_dir``.

    ``epochs_done`` are those that a resumed run does not train again. A logger that fails warns on
    stderr and is switched off. Only rank 0 has loggers.
    """
    folder = Path(config.results_dir)
    found: list[Logger] = []
    if not is_first_process():
        return found
    if config.wandb.enable:  # first: it has to be there before a TensorBoard file that it copies
        found.append(ForgivingLogger("Weights & Biases", lambda: _wandb(config, folder)))
    if "csv" in config.train.loggers:
        found.append(ForgivingLogger("csv", lambda: _csv(folder, epochs_done)))
    if "tensorboard" in config.train.loggers:
        found.append(ForgivingLogger("tensorboard", lambda: _tensorboard(folder)))
    return found


def log_spec(loggers: Iterable[Logger], config: ExperimentConfig) -> None:
    """Pass the spec of the run to every logger, by dotted keys, without the encryption key."""
    params = {name: _plain(value) for name, value in leaves(config) if name not in _SECRETS}
    for logger in loggers:
        logger.log_hyperparams(params)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _csv(folder: Path, epochs_done: int) -> Logger:
    """A CSV logger that keeps the rows of the epochs done; Lightning's own empties the file."""
    file = folder / "csv" / CSV_FILE
    earlier = _rows(file, epochs_done) if epochs_done and file.is_file() else []
    logger = CSVLogger(folder, name="csv", version="")
    logger.experiment.metrics.extend(earlier)
    return logger


def _rows(file: Path, epochs: int) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as content:
        rows = [{key: it for key, it in row.items() if it} for row in csv.DictReader(content)]
    return [row for row in rows if float(row.get("epoch", 0)) <= epochs]


def _tensorboard(folder: Path) -> Logger:
    return TensorBoardLogger(folder, name="tensorboard", version="")


def _wandb(config: ExperimentConfig, folder: Path) -> Logger:
    """A W&B run; offline if nobody has logged in, since W&B would wait for an answer."""
    asked, options = config.wandb, dict[str, Any]()
    for name in ("entity", "group"):
        if getattr(asked, name):
            options[name] = getattr(asked, name)
    if asked.reinit:
        options["reinit"] = "finish_previous"
    if not _has_login():
        options["mode"] = "offline"
    return WandbRun(
        name=asked.name or config.model_name,
        dir=str(folder),
        id=asked.run_id or None,
        resume="allow",
        project=asked.project or config.model_name,
        tags=list(asked.tags),
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
    files = [named] if named else [os.path.expanduser(f"~/{name}") for name in (".netrc", "_netrc")]
    return any(_has_entry(Path(file), host) for file in files)


def _has_entry(file: Path, host: str) -> bool:
    try:
        entries = netrc.netrc(str(file))
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        return False
    return host in entries.hosts
