"""Embeddings of crops, batch by batch, in the order in which the crops are listed."""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from rich.progress import track
from torch import Tensor
from torch.utils.data import DataLoader

from reid_model.actions.terminal import bar_console, has_bars
from reid_model.actions.training.devices import pick_devices
from reid_model.actions.training.restore import Restored
from reid_model.config import ExperimentConfig
from reid_model.data.augmentation.pixels import Normaliser
from reid_model.data.batches import Batch, EvenBatches, loader
from reid_model.data.cache import cache_of
from reid_model.data.folder import Crop
from reid_model.data.inputs import crop_size
from reid_model.data.shared_memory import fitting_readers
from reid_model.data.store import CropStore, open_store
from reid_model.errors import CheckpointError
from reid_model.models.backbones import memory_format

Item = TypeVar("Item")


def inference_devices(
    num_gpus: int, gpu_ids: Sequence[int], *, section: str
) -> tuple[torch.device, ...]:
    """The GPUs that ``section`` asks for, or the CPU on a machine without any; ConfigError."""
    devices = pick_devices(num_gpus, gpu_ids, section=section)
    if not devices.on_gpu or isinstance(devices.devices, int):
        return (torch.device(devices.accelerator.replace("gpu", "cuda")),)
    return tuple(torch.device("cuda", index) for index in devices.devices)


def open_crops(crops: Sequence[Crop], restored: Restored, *, cached: bool) -> CropStore:
    """The crops at the network's input size; raises DataError that names every broken file.

    ``cached`` takes them from the machine's cache, or leaves them there for the next time.
    """
    cache = cache_of(restored.config.dataset) if cached else None
    return open_store([crop.path for crop in crops], crop_size(restored.config.model), cache)


def batch_size_of(config: ExperimentConfig, given: int) -> int:
    """The crops per batch of an action; -1 stands for ``dataset.val_batch_size``."""
    return config.dataset.val_batch_size if given == -1 else given


@dataclass(frozen=True)
class Embedder:
    """A restored network on one or several devices; it computes in float32 whatever trained it."""

    restored: Restored
    devices: tuple[torch.device, ...]
    batch_size: int

    def features(self, store: CropStore, crops: Sequence[Crop]) -> Iterator[Tensor]:
        """Un-normalised embeddings (n, d) float32 of consecutive crops, on the first device.

        Raises CheckpointError for an embedding that is not finite.
        """
        replicas = [_Replica(self.restored, device) for device in self.devices]
        config = self.restored.config
        workers = min(config.dataset.num_workers, os.cpu_count() or 1)
        if not store.in_memory:
            each = self.batch_size * crop_size(config.model).num_bytes
            workers = fitting_readers(workers, each)
        pin = self.devices[0].type == "cuda"
        batches = loader(store, EvenBatches(len(store), self.batch_size), workers=workers, pin=pin)
        shown = _with_progress_bar(batches)
        cameras = torch.tensor([crop.camid for crop in crops])
        for group in _grouped(shown, len(replicas)):
            started = [
                replica(batch.crops, cameras[batch.indices])
                for replica, batch in zip(replicas, group, strict=False)
            ]
            for found in started:
                yield _finite(found.to(self.devices[0]))


class _Replica:
    """The network on one device."""

    def __init__(self, restored: Restored, device: torch.device) -> None:
        config = restored.config
        self._device = device
        self._layout = memory_format(config.model, device)
        self._network = copy.deepcopy(restored.network).to(device)
        self._network.to(memory_format=self._layout)  # type: ignore[call-overload]
        self._normalise = Normaliser(config.dataset.pixel_mean, config.dataset.pixel_std)

    @torch.inference_mode()
    def __call__(self, crops: Tensor, cameras: Tensor) -> Tensor:
        images = self._normalise(crops.to(self._device, non_blocking=True))
        images = images.contiguous(memory_format=self._layout)
        return self._network.embed(images, cameras.to(self._device)).float()


def _with_progress_bar(batches: DataLoader[Batch]) -> Iterable[Batch]:
    """The same batches, with a progress bar on a terminal."""
    quiet = not has_bars()
    return track(batches, "embedding", console=bar_console(), transient=True, disable=quiet)


def _grouped(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    rest = iter(items)
    while group := list(itertools.islice(rest, size)):
        yield group


def _finite(features: Tensor) -> Tensor:
    if not torch.isfinite(features).all():
        raise CheckpointError("the network's embeddings are not finite: its weights are damaged")
    return features
