"""Builds Lightning's Trainer with the settings that this trainer needs."""

from __future__ import annotations

from collections.abc import Sequence

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.torchelastic import TorchElasticEnvironment
from pytorch_lightning.callbacks import RichProgressBar, WeightAveraging
from torch.optim.swa_utils import get_ema_multi_avg_fn

from reid_model.actions.terminal import has_bars, has_colours
from reid_model.actions.training.checkpoints import AtomicCheckpointIO
from reid_model.actions.training.devices import Devices
from reid_model.actions.training.loggers import build_loggers
from reid_model.actions.training.ranks import Lost, OwnGpuEnvironment, RankStrategy
from reid_model.config import ExperimentConfig


def build_trainer(
    config: ExperimentConfig,
    devices: Devices,
    callbacks: Sequence[pl.Callback],
    *,
    lost: Lost,
    epochs_done: int = 0,
) -> pl.Trainer:
    """A Trainer without sanity checks or files of its own.

    ``lost`` is called when a rank ends before the run does; ``epochs_done`` are those that a
    resumed run does not train again.
    """
    plugins: list[object] = [AtomicCheckpointIO(config.encryption_key)]
    if devices.launched:
        plugins.append(OwnGpuEnvironment() if devices.own_gpu else TorchElasticEnvironment())
    starts_others = devices.world_size > 1 and not devices.launched
    trainer = pl.Trainer(
        accelerator=devices.accelerator,
        devices=devices.devices,
        num_nodes=devices.num_nodes,
        strategy=RankStrategy(lost) if starts_others else devices.strategy,
        precision=devices.precision(config.train.precision),  # type: ignore[arg-type]
        sync_batchnorm=devices.on_gpu and devices.world_size > 1,
        max_epochs=config.train.num_epochs,
        accumulate_grad_batches=config.train.accumulate,
        gradient_clip_val=config.train.grad_clip or None,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        logger=build_loggers(config, epochs_done) or False,
        enable_model_summary=False,
        enable_progress_bar=has_bars(),
        default_root_dir=config.results_dir,
        callbacks=[*callbacks, *_bars()],
        plugins=plugins,  # type: ignore[arg-type]
    )
    if config.train.ema_decay:
        average = weight_average(config.train.ema_decay, trainer.strategy.root_device)
        trainer.callbacks.insert(0, average)  # type: ignore[attr-defined]
    return trainer


def _bars() -> list[pl.Callback]:
    """Lightning's progress bar without colours if the user wants none, else the usual one."""
    if has_colours() or not has_bars():
        return []
    return [RichProgressBar(console_kwargs={"color_system": None})]


def weight_average(decay: float, device: torch.device) -> WeightAveraging:
    """EMA of the weights, created on ``device``: Lightning moves the weights there only later."""
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return WeightAveraging(device=device, use_buffers=True, multi_avg_fn=average)
