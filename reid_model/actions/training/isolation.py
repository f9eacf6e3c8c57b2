"""Restores the process after a run, because trials of a sweep share one warm process."""

from __future__ import annotations

import gc
import logging
import os
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
import torch.distributed as dist

from reid_model.actions.training.seed import run_seed
from reid_model.config.train import TrainConfig

_LIGHTNING = ("pytorch_lightning", "lightning_fabric")


@contextmanager
def isolated(config: TrainConfig) -> Iterator[None]:
    """Seed the run, silence Lightning, set cuDNN's flags; afterwards restore the process."""
    cudnn = torch.backends.cudnn.flags(
        enabled=True, benchmark=config.cudnn.benchmark, deterministic=config.cudnn.deterministic
    )
    with _environment(), _random_state(config.seed), _quiet_lightning(), cudnn:
        try:
            yield
        finally:
            if dist.is_available() and dist.is_initialized():
                dist.destroy_process_group()
            gc.collect()
            if torch.cuda.is_available():
                torch.cuda.empty_cache()


@contextmanager
def _environment() -> Iterator[None]:
    """Restore environment variables: a later run would join Lightning's old process group."""
    before = dict(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before.keys():
            del os.environ[name]
        os.environ.update(before)


@contextmanager
def _random_state(seed: int) -> Iterator[None]:
    seed = run_seed(seed)
    python, arrays = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(arrays)


@contextmanager
def _quiet_lightning() -> Iterator[None]:
    """Silence Lightning's notices on devices and workers; this trainer prints its own."""
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in _LIGHTNING}
    for logger in levels:
        logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module="pytorch_lightning")
        warnings.filterwarnings("ignore", module="lightning_fabric")
        # Loss scaling skips its first steps until it has found a scale; nothing is wrong then.
        warnings.filterwarnings("ignore", "Detected call of `lr_scheduler.step", UserWarning)
        try:
            yield
        finally:
            for logger, level in levels.items():
                logger.setLevel(level)
