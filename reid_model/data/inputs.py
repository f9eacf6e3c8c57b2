"""The data of a training run: splits, decoded crops and loaders."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace

from torch.utils.data import DataLoader

from reid_model.config.experiment import ExperimentConfig
from reid_model.config.model import ModelConfig
from reid_model.data.batch_size import fit_batch
from reid_model.data.batches import Batch, EvenBatches, loader
from reid_model.data.cache import cache_of
from reid_model.data.folder import Crop
from reid_model.data.prefetch import Prefetcher
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.sampler import EpochBatches, PKBatches, ShuffledBatches
from reid_model.data.shared_memory import fitting_readers
from reid_model.data.size import Size
from reid_model.data.splits import (
    TrainSplit,
    read_retrieval_split,
    read_train_split,
)
from reid_model.data.store import CropStore, PartOfStore, open_store

Batches = DataLoader[Batch] | Prefetcher


@dataclass(frozen=True)
class TrainInputs:
    """The training split and the retrieval split with their decoded crops.

    ``config`` is the spec, its batch size fitted to the data; ``notes`` are for people.
    """

    config: ExperimentConfig
    train: TrainSplit
    retrieval: RetrievalSplit
    train_store: CropStore
    retrieval_store: CropStore

    def loaders(
        self,
        config: ExperimentConfig,
        *,
        rank: int,
        world_size: int,
        start: tuple[int, int],
        to_gpu: bool,
    ) -> tuple[Batches, Batches]:
        """One device's training and validation batches.

        ``start``: the epoch (from 0) and its batch with which training begins. ``to_gpu`` copies
        batches ahead of time to the process's current CUDA device.
        """
        data = config.dataset
        batches = _train_batches(config, self.train, rank, world_size)
        batches.start_at(*start)
        even = EvenBatches(
            len(self.retrieval.crops), data.val_batch_size, rank=rank, world_size=world_size
        )
        workers = self._workers(config, world_size)
        train = loader(self.train_store, batches, workers=workers, pin=to_gpu)
        held = loader(self.retrieval_store, even, workers=workers, pin=to_gpu)
        return (
            (Prefetcher(train, to_gpu=True), Prefetcher(held, to_gpu=True))
            if to_gpu
            else (train, held)
        )

    def _workers(self, config: ExperimentConfig, world_size: int) -> int:
        """One device's reader processes; ``dataset.num_workers`` counts those of all devices."""
        data = config.dataset
        wanted = -(-min(data.num_workers, os.cpu_count() or 1) // world_size)
        sizes = (
            (self.train_store, data.batch_size // config.train.accumulate),
            (self.retrieval_store, data.val_batch_size),
        )
        crops = sum(size for store, size in sizes if not store.in_memory)
        each = world_size * crops * crop_size(config.model).num_bytes
        return fitting_readers(wanted, each) if crops else wanted

    @property
    def notes(self) -> list[str]:
        """What was found or changed, each once."""
        stores = (self.train_store.note, self.retrieval_store.note)
        found = dict.fromkeys((*self.train.notes, *self.retrieval.notes, *stores))
        return [note for note in found if note]


def read_splits(
    config: ExperimentConfig, world_size: int
) -> tuple[ExperimentConfig, TrainSplit, RetrievalSplit]:
    """Read and check the splits of ``dataset``, decoding nothing; raises DataError.

    Query and test folders are not read if identities are held out of the training set. The spec
    comes back with a batch size that the training set can fill.
    """
    data = config.dataset
    train = read_train_split(config)
    config, note = fit_batch(config, train, world_size)
    train = replace(train, notes=(*train.notes, *([note] if note else [])))
    retrieval = train.held_out or read_retrieval_split(
        data.query_dataset_dir,
        data.test_dataset_dir,
        query_key="dataset.query_dataset_dir",
        gallery_key="dataset.test_dataset_dir",
        protocol=config.evaluate.protocol,
        pattern=data.pattern,
    )
    return config, train, retrieval


def open_inputs(config: ExperimentConfig, world_size: int) -> TrainInputs:
    """Read, check and decode the splits of ``dataset``; raises DataError."""
    config, train, retrieval = read_splits(config, world_size)
    if train.held_out:
        stores = _parts_of_folder(config, train.crops, retrieval.crops)
    else:
        stores = [_opened(config, crops) for crops in (train.crops, retrieval.crops)]
    return TrainInputs(config, train, retrieval, *stores)


def _parts_of_folder(config: ExperimentConfig, *parts: Sequence[Crop]) -> list[CropStore]:
    """Stores of parts of one folder, decoded together: the same cache whatever is held out."""
    whole = sorted((crop for part in parts for crop in part), key=lambda crop: str(crop.path))
    places = {crop.path: place for place, crop in enumerate(whole)}
    store = _opened(config, whole)
    return [PartOfStore(store, [places[crop.path] for crop in part]) for part in parts]


def _opened(config: ExperimentConfig, crops: Sequence[Crop]) -> CropStore:
    paths = [crop.path for crop in crops]
    return open_store(paths, crop_size(config.model), cache_of(config.dataset))


def steps_of_epoch(config: ExperimentConfig, split: TrainSplit, world_size: int) -> int:
    """Training steps of one epoch, as many as there are whole batches."""
    return _train_batches(config, split, 0, world_size).steps


def crop_size(model: ModelConfig) -> Size:
    """The size to which crops are brought for a network."""
    return Size(model.input_height, model.input_width, model.input_channels)


def _train_batches(
    config: ExperimentConfig, split: TrainSplit, rank: int, world_size: int
) -> EpochBatches:
    data, seed = config.dataset, config.train.seed
    size, accumulate = data.batch_size * world_size, config.train.accumulate
    if data.sampler == "softmax":
        return ShuffledBatches(
            len(split.crops),
            size,
            seed=seed,
            rank=rank,
            world_size=world_size,
            accumulate=accumulate,
        )
    people = size // data.num_instances
    return PKBatches(
        split.labels,
        people,
        data.num_instances,
        seed=seed,
        rank=rank,
        world_size=world_size,
        accumulate=accumulate,
    )
