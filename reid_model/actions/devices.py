"""Which devices a run uses, decided and checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from reid_model.errors import ConfigError


@dataclass(frozen=True)
class Devices:
    """What Lightning's Trainer is told, and one line for people."""

    accelerator: str
    devices: list[int] | int
    strategy: str
    precision: str
    world_size: int
    note: str

    @property
    def on_gpu(self) -> bool:
        """Whether the run computes on CUDA devices."""
        return self.accelerator == "gpu"


def pick_devices(num_gpus: int, gpu_ids: Sequence[int], *, section: str = "train") -> Devices:
    """GPUs as asked for, or the CPU on a machine without any.

    ``section`` names the spec section for messages. Raises ConfigError when more devices are asked
    for than exist, or ``gpu_ids`` contradict ``num_gpus``.
    """
    present = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if present == 0:
        if num_gpus > 1:
            raise ConfigError(f"{section}.num_gpus is {num_gpus} but this machine has no GPU")
        return Devices("cpu", 1, "auto", "32-true", 1, "no GPU: training in float32 on the CPU")
    chosen = _chosen(num_gpus, gpu_ids, section)
    missing = [index for index in chosen if index >= present]
    if missing:
        raise ConfigError(
            f"{section}.gpu_ids {chosen} names GPU {missing[0]}, but {present} are visible (0 to "
            f"{present - 1})"
        )
    strategy = "ddp_find_unused_parameters_true" if len(chosen) > 1 else "auto"
    names = torch.cuda.get_device_name(chosen[0])
    note = f"training on {len(chosen)} x {names}, mixed precision"
    return Devices("gpu", chosen, strategy, "16-mixed", len(chosen), note)


def _chosen(num_gpus: int, gpu_ids: Sequence[int], section: str) -> list[int]:
    """The GPUs meant: gpu_ids, or the first num_gpus where gpu_ids is left at its default."""
    if len(gpu_ids) == num_gpus:
        return list(gpu_ids)
    if list(gpu_ids) == [0]:
        return list(range(num_gpus))
    raise ConfigError(
        f"{section}.num_gpus is {num_gpus} but {section}.gpu_ids names {len(gpu_ids)}: "
        f"{list(gpu_ids)}"
    )
