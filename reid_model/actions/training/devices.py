"""Chooses and checks the devices of a run before any work."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from reid_model.errors import ConfigError

_DDP = "ddp_find_unused_parameters_true"


@dataclass(frozen=True)
class Devices:
    """Arguments for Lightning's Trainer, and one line for people.

    ``launched``: torchrun or a pool of rank processes has started one process per device.
    ``own_gpu``: each of several processes on this machine sees its own GPU only.
    """

    accelerator: str
    devices: list[int] | int
    world_size: int
    note: str
    launched: bool = False
    num_nodes: int = 1
    own_gpu: bool = False

    @property
    def on_gpu(self) -> bool:
        """Whether the run computes on CUDA devices."""
        return self.accelerator == "gpu"

    @property
    def kind(self) -> torch.device:
        """The kind of device, for choices that depend on it."""
        return torch.device("cuda" if self.on_gpu else "cpu")

    @property
    def strategy(self) -> str:
        """DDP as soon as there is more than one process."""
        return _DDP if self.world_size > 1 else "auto"

    def precision(self, wanted: str) -> str:
        """Lightning's word for ``train.precision``; auto is mixed on GPUs, float32 on the CPU.

        Raises ConfigError for half precision on the CPU, whose narrow range needs a GPU's scaling.
        """
        if wanted == "16-mixed" and not self.on_gpu:
            raise ConfigError(
                "train.precision 16-mixed needs a GPU; on the CPU take bf16-mixed, 32 or auto"
            )
        if wanted == "auto":
            return "16-mixed" if self.on_gpu else "32-true"
        return "32-true" if wanted == "32" else wanted


def pick_devices(num_gpus: int, gpu_ids: Sequence[int], *, section: str = "train") -> Devices:
    """GPUs as asked for, or the CPU on a machine without any.

    Under torchrun (RANK and WORLD_SIZE are set) its processes are the devices. ``section`` names
    the spec section for messages. Raises ConfigError when more devices are asked for than exist, or
    ``gpu_ids`` contradict ``num_gpus`` or name GPUs under torchrun, which shares them out itself.
    """
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if {"RANK", "WORLD_SIZE", "LOCAL_RANK"} <= set(os.environ):
        if list(gpu_ids) not in ([0], list(range(num_gpus))):
            raise ConfigError(
                f"{section}.gpu_ids {list(gpu_ids)} has no effect on processes that were started "
                "from outside: leave it at [0] and set CUDA_VISIBLE_DEVICES"
            )
        return _launched(present)
    if present == 0:
        if num_gpus > 1:
            raise ConfigError(
                f"{section}.num_gpus is {num_gpus} but this machine has no GPU; for several "
                "processes on the CPU start them with torchrun"
            )
        return Devices("cpu", 1, 1, "no GPU: float32 on the CPU")
    chosen = _chosen(num_gpus, gpu_ids, section)
    missing = [index for index in chosen if index >= present]
    if missing:
        raise ConfigError(
            f"{section}.gpu_ids {chosen} names GPU {missing[0]}, but {present} are visible (0 to "
            f"{present - 1})"
        )
    name = torch.cuda.get_device_name(chosen[0])
    return Devices("gpu", chosen, len(chosen), f"{len(chosen)} x {name}, mixed precision")


def is_first_process() -> bool:
    """Whether this process prints and writes for the run: rank 0, or the only process."""
    return os.environ.get("RANK", os.environ.get("LOCAL_RANK", "0")) == "0"


def _launched(present: int) -> Devices:
    """Devices under an outer launcher: a rank owns one visible GPU, or shares the CPU."""
    world_size = int(os.environ["WORLD_SIZE"])
    local = int(os.environ.get("LOCAL_WORLD_SIZE", world_size))
    if present and present < local and present != 1:
        raise ConfigError(f"{local} processes were started on a machine with {present} GPUs")
    accelerator = "gpu" if present else "cpu"
    note = f"{world_size} processes on the {accelerator.upper()}, started from outside"
    if present == 1 < local:
        return Devices(accelerator, 1, world_size, note, True, world_size, own_gpu=True)
    return Devices(accelerator, local, world_size, note, True, world_size // local)


def _chosen(num_gpus: int, gpu_ids: Sequence[int], section: str) -> list[int]:
    """``gpu_ids``, or the first ``num_gpus`` GPUs if ``gpu_ids`` is at its default."""
    if len(gpu_ids) == num_gpus:
        return list(gpu_ids)
    if list(gpu_ids) == [0]:
        return list(range(num_gpus))
    raise ConfigError(
        f"{section}.num_gpus is {num_gpus} but {section}.gpu_ids names {len(gpu_ids)}: "
        f"{list(gpu_ids)}"
    )
