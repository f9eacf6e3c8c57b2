"""Lightning's Trainer, told only what this trainer needs."""

from __future__ import annotations

import sys

import pytorch_lightning as pl

from reid_model.actions.checkpoints import AtomicCheckpointIO
from reid_model.actions.devices import Devices
from reid_model.config import ExperimentConfig


def build_trainer(
    config: ExperimentConfig, devices: Devices, callbacks: list[pl.Callback]
) -> pl.Trainer:
    """A Trainer without loggers, sanity checks or files of its own."""
    return pl.Trainer(
        accelerator=devices.accelerator,
        devices=devices.devices,
        strategy=devices.strategy,
        precision=devices.precision,  # type: ignore[arg-type]
        sync_batchnorm=devices.world_size > 1,
        num_nodes=config.train.num_nodes,
        max_epochs=config.train.num_epochs,
        gradient_clip_val=config.train.grad_clip or None,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        logger=False,
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
        default_root_dir=config.results_dir,
        callbacks=callbacks,
        plugins=[AtomicCheckpointIO()],
    )
