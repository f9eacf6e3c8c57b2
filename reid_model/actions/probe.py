"""Measures what a trial of a spec needs, by a few training steps on random crops.

Splits are read, no image is decoded and no file is written. The network has random weights (they
change neither time nor memory) and is not compiled (compiling takes longer than a probe may).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.amp.grad_scaler import GradScaler
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from reid_model.actions.training.devices import Devices, pick_devices
from reid_model.actions.training.gpu_share import limit_gpu_share
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.network import build_network
from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.inputs import read_splits, steps_of_epoch
from reid_model.data.splits import TrainSplit
from reid_model.models.backbones import memory_format
from reid_model.module.freezing import freeze_for_good
from reid_model.module.losses import WeightedLosses
from reid_model.module.optimizers import build_optimizer

_WARM_STEPS, _STEPS = 2, 4


def measure(spec: Mapping[str, Any]) -> dict[str, float | None]:
    """Return what a device needs for the complete train ``spec``.

    ``steps_per_epoch``; ``seconds_per_step``, without reading crops; ``seconds_fixed`` each epoch
    for the embeddings of the validation; ``peak_bytes`` of GPU memory and ``memory_limit``, the
    bytes that there are, both None on the CPU. Raises what a trial would raise, torch's
    OutOfMemoryError if it does not fit.
    """
    config = load_spec(spec)
    limit_gpu_share()
    devices = pick_devices(config.train.num_gpus, config.train.gpu_ids)
    config, train, retrieval = read_splits(config, config.train.num_gpus)
    with isolated(config.train):
        step, embed = _work(config, devices, train)
        seconds = _seconds_per_call(devices, step, _WARM_STEPS, _STEPS)
        validation = _seconds_per_call(devices, embed, 1, 1)
    batches = math.ceil(len(retrieval.crops) / config.dataset.val_batch_size)
    return {
        "steps_per_epoch": steps_of_epoch(config, train, config.train.num_gpus),
        "seconds_per_step": seconds,
        "seconds_fixed": validation * batches / config.train.validation_interval,
        "peak_bytes": torch.cuda.max_memory_reserved() if devices.on_gpu else None,
        "memory_limit": _memory_limit() if devices.on_gpu else None,
    }


def _work(
    config: ExperimentConfig, devices: Devices, train: TrainSplit
) -> tuple[Callable[[], None], Callable[[], None]]:
    """Two functions: one training step, with all its micro-batches, and one validation batch."""
    device, layout = devices.kind, memory_format(config.model, devices.kind)
    if devices.on_gpu:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    network = build_network(config, train)
    freeze_for_good(network.backbone, config.model)
    network.to(device, memory_format=layout)  # type: ignore[call-overload]
    losses = WeightedLosses(config, train.num_classes, network.head.feat_dim).to(device)
    optimizer = build_optimizer(network, config.train)
    scaler = GradScaler(device.type, enabled=devices.on_gpu)
    average = _average(network, config.train.ema_decay)
    accumulate = config.train.accumulate
    images, labels = _batch(config, config.dataset.batch_size // accumulate, train, device, layout)
    held, _ = _batch(config, config.dataset.val_batch_size, train, device, layout)

    def step() -> None:
        network.train()
        optimizer.zero_grad()
        for _ in range(accumulate):
            with _mixed(devices):
                loss = losses(network(images, torch.zeros_like(labels)), labels) / accumulate
            scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
        if average:
            average.update_parameters(network)

    def embed() -> None:
        network.eval()
        with torch.inference_mode(), _mixed(devices):
            network.embed(held, torch.zeros(len(held), dtype=torch.long, device=device))

    return step, embed


def _average(network: nn.Module, decay: float) -> AveragedModel | None:
    """The averaged copy of the weights that training keeps if ``train.ema_decay`` is set."""
    if not decay:
        return None
    average = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=average, use_buffers=True)


def _batch(
    config: ExperimentConfig,
    size: int,
    train: TrainSplit,
    device: torch.device,
    layout: torch.memory_format,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Random images, and labels with as many crops per identity as the sampler gives."""
    model, data = config.model, config.dataset
    shape = (size, model.input_channels, model.input_height, model.input_width)
    images = torch.randn(shape, device=device).contiguous(memory_format=layout)
    people = torch.arange(size, device=device) // data.num_instances
    return images, people % train.num_classes


def _mixed(devices: Devices) -> AbstractContextManager[Any]:
    return torch.autocast("cuda", torch.float16) if devices.on_gpu else nullcontext()


def _seconds_per_call(devices: Devices, act: Callable[[], None], warm: int, count: int) -> float:
    """Seconds per call: the mean of ``count`` calls after ``warm`` untimed ones."""
    for _ in range(warm):
        act()
    _wait(devices)
    started = time.perf_counter()
    for _ in range(count):
        act()
    _wait(devices)
    return (time.perf_counter() - started) / count


def _wait(devices: Devices) -> None:
    if devices.on_gpu:
        torch.cuda.synchronize()


def _memory_limit() -> int:
    share = float(torch.cuda.get_per_process_memory_fraction())
    return int(torch.cuda.get_device_properties(0).total_memory * share)
