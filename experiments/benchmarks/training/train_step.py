"""Images/s of real training against the limit that the network itself sets on the same device.

    python experiments/benchmarks/training/train_step.py       # minutes; on a GPU if there is one
    python experiments/benchmarks/training/train_step.py --large
    python experiments/benchmarks/training/train_step.py --quick --json figures.json

Real training is a whole epoch by the trainer: cache, loader, augmentation, Lightning, step. The
limit is a bare loop of the same network, losses and optimiser over one batch on the device. Both
take turns in one process; a speed is the median of the rounds. On a GPU: ResNet-50 at 256x128,
batches of 64 and 128, 16-bit mixed precision; on the CPU a small network. The crops are repeated
until an epoch has enough steps, and the first steps are not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from reid_model.actions.training.devices import Devices, pick_devices
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.trainer import build_trainer
from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.cache import cache_of
from reid_model.data.inputs import TrainInputs, crop_size, read_splits, steps_of_epoch
from reid_model.data.store import open_store
from reid_model.models.backbones import memory_format
from reid_model.models.network import ReIDNetwork
from reid_model.module import ReIDModule
from reid_model.module.optimizers import build_optimizer
from reid_model.synthetic import make_data

Spec = dict[str, Any]

ON_GPU: list[Spec] = [
    {"backbone": "resnet_50", "height": 256, "width": 128, "batch": batch} for batch in (64, 128)
]
ON_CPU: list[Spec] = [
    {"backbone": "osnet_x0_25", "height": 64, "width": 32, "batch": 32},
    {"backbone": "resnet_18", "height": 48, "width": 24, "batch": 32},
]
LARGE: list[Spec] = [
    {"backbone": f"timm:{name}", "height": 256, "width": 128, "batch": 8}
    for name in ("vit_small_patch16_224", "convnext_tiny")
]


@dataclass(frozen=True)
class Result:
    """Images/s of training and of the network alone, and their ratio."""

    what: str
    device: str
    training: float
    limit: float
    ratio: float


class Stopwatch(pl.Callback):
    """The seconds of an epoch's steps after the first ``skipped``, whole on the device."""

    def __init__(self, skipped: int) -> None:
        self._skipped, self._began, self.seconds = skipped, 0.0, 0.0

    def on_train_batch_start(self, *given: Any) -> None:
        """Start with the first step that counts."""
        if given[-1] == self._skipped:
            self._began = now()

    def on_train_epoch_end(self, *_: object) -> None:
        """Stop after the last."""
        self.seconds = now() - self._began


def now() -> float:
    """The time after the device has finished its queue."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def spec_of(case: Spec, folder: Path) -> ExperimentConfig:
    """A train spec of one case."""
    splits = {f"{name}_dataset_dir": str(folder / f"sample_{name}") for name in SPLITS}
    return load_spec(
        {
            "results_dir": str(folder / "run"),
            "model": {
                "backbone": case["backbone"],
                "input_height": case["height"],
                "input_width": case["width"],
                "pretrain_choice": "none",
            },
            "dataset": {**splits, "batch_size": case["batch"], "cache_dir": str(folder / "cache")},
            "train": {"num_epochs": 1, "precision": case.get("precision", "auto")},
        }
    )


SPLITS = ("train", "test", "query")


def inputs_of(config: ExperimentConfig, steps: int) -> TrainInputs:
    """The training data, repeated until an epoch has ``steps`` batches."""
    config, train, retrieval = read_splits(config, 1)
    times = -(-steps * config.dataset.batch_size // len(train.crops))
    train = replace(train, crops=train.crops * times, labels=train.labels * times)
    stores = [
        open_store([crop.path for crop in crops], crop_size(config.model), cache_of(config.dataset))
        for crops in (train.crops, retrieval.crops)
    ]
    return TrainInputs(config, train, retrieval, *stores)


def module_of(config: ExperimentConfig, inputs: TrainInputs, devices: Devices) -> ReIDModule:
    """Network and losses, fresh."""
    network = ReIDNetwork(config.model, inputs.train.num_classes)
    layout = memory_format(config.model, devices.kind)
    return ReIDModule(config, network, inputs.train, inputs.retrieval, layout=layout)


def training(config: ExperimentConfig, inputs: TrainInputs, devices: Devices, skip: int) -> float:
    """Images/s of one epoch of real training."""
    stopwatch = Stopwatch(skip)
    trainer = build_trainer(config, devices, [stopwatch], lost=print)
    loaders = inputs.loaders(config, rank=0, world_size=1, start=(0, 0), to_gpu=devices.on_gpu)
    trainer.fit(module_of(config, inputs, devices), loaders[0])
    return (len(loaders[0]) - skip) * config.dataset.batch_size / stopwatch.seconds


def limit(config: ExperimentConfig, inputs: TrainInputs, devices: Devices, skip: int) -> float:
    """Images/s of the network alone over one batch on the device."""
    step = bare_step(config, module_of(config, inputs, devices), devices)
    for _ in range(skip):
        step()
    steps = steps_of_epoch(config, inputs.train, 1) - skip
    start = now()
    for _ in range(steps):
        step()
    return steps * config.dataset.batch_size / (now() - start)


def bare_step(config: ExperimentConfig, module: ReIDModule, devices: Devices) -> Callable[[], None]:
    """Forward, losses, backward and optimiser, without Lightning."""
    module.to(devices.kind).train()
    images, labels = resident(config, devices)
    optimizer = build_optimizer(module.network, config.train)
    kind = {"16-mixed": torch.float16, "bf16-mixed": torch.bfloat16}.get(
        devices.precision(config.train.precision)
    )
    scaler: Any = torch.GradScaler("cuda", enabled=kind is torch.float16)

    def step() -> None:
        optimizer.zero_grad()
        with torch.autocast(devices.kind.type, kind, enabled=kind is not None):
            loss: Tensor = module.losses(module.network(images), labels)
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()

    return step


def resident(config: ExperimentConfig, devices: Devices) -> tuple[Tensor, Tensor]:
    """A batch of noise in the network's layout, and labels of P x K crops."""
    size, data = crop_size(config.model), config.dataset
    images = torch.randn(data.batch_size, size.channels, size.height, size.width)
    layout = memory_format(config.model, devices.kind)
    labels = torch.arange(data.batch_size) // data.num_instances
    return images.to(devices.kind).contiguous(memory_format=layout), labels.to(devices.kind)


def compared(case: Spec, folder: Path, *, steps: int, rounds: int) -> Result:
    """Both speeds of one case, taken in turns."""
    config = spec_of(case, folder)
    devices = pick_devices(1, (0,))
    inputs, skip = inputs_of(config, steps), max(2, steps // 10)
    found: list[tuple[float, float]] = []
    with isolated(config.train):
        for _ in range(rounds):
            real = training(config, inputs, devices, skip)
            found.append((real, limit(config, inputs, devices, skip)))
    real, most = (median(values) for values in zip(*found, strict=True))
    what = f"{case['backbone']} {case['height']}x{case['width']}, batches of {case['batch']}"
    if case.get("precision"):
        what += f", {case['precision']}"
    ratio = median(one / other for one, other in found)
    return Result(what, devices.note, real, most, ratio)


def main() -> None:
    """Prints every case, and writes JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a smoke test, seconds")
    parser.add_argument(
        "--large", action="store_true", help="ViT-S and ConvNeXt-T of timm at 256x128 instead"
    )
    parser.add_argument("--json", type=Path, help="also write the figures there")
    asked = parser.parse_args()
    on_gpu = torch.cuda.is_available()
    cases, steps, rounds = (ON_GPU, 300, 3) if on_gpu else (ON_CPU, 40, 5)
    if asked.large:
        cases, steps, rounds = LARGE, 60 if on_gpu else 6, 3
    if asked.quick:
        cases, steps, rounds = cases[:1], 10, 1
    with tempfile.TemporaryDirectory() as name:
        folder, ids = Path(name), 80 if on_gpu else 24
        make_data(folder / "data", ids=ids, cameras=3, images_per_camera=4, seed=1,
                  height=128, width=64, tar=False)  # fmt: skip
        results = [compared(case, folder / "data", steps=steps, rounds=rounds) for case in cases]
    sys.stdout.write(f"{'':56}{'training':>12}{'network alone':>16}{'ratio':>8}\n")
    for found in results:
        sys.stdout.write(
            f"{found.what:56}{found.training:>10,.1f}/s{found.limit:>14,.1f}/s{found.ratio:>8.3f}\n"
        )
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps([asdict(found) for found in results], indent=2))


if __name__ == "__main__":
    main()
