"""A training run's data, read and scanned once: splits, decoded crops and loaders."""

from __future__ import annotations

from dataclasses import dataclass

from torch.utils.data import DataLoader

from reid_model.config.dataset import DatasetConfig
from reid_model.config.experiment import ExperimentConfig
from reid_model.data.batches import Batch, EvenBatches, loader
from reid_model.data.sampler import EpochBatches, PKBatches, ShuffledBatches
from reid_model.data.splits import (
    RetrievalSplit,
    TrainSplit,
    check_batch,
    read_retrieval_split,
    read_train_split,
)
from reid_model.data.store import CropStore, Size, open_store


@dataclass(frozen=True)
class TrainInputs:
    """The training split and the retrieval split with their decoded crops."""

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
        pin: bool,
    ) -> tuple[DataLoader[Batch], DataLoader[Batch]]:
        """One device's training and validation loaders.

        ``start``: the epoch (from 0) and the batch in it with which training begins.
        """
        data, seed = config.dataset, config.train.seed
        batches = _train_batches(data, self.train, seed, rank, world_size)
        batches.start_at(*start)
        even = EvenBatches(
            len(self.retrieval.crops), data.val_batch_size, rank=rank, world_size=world_size
        )
        return (
            loader(self.train_store, batches, workers=data.num_workers, pin=pin),
            loader(self.retrieval_store, even, workers=data.num_workers, pin=pin),
        )


def open_inputs(config: ExperimentConfig, world_size: int) -> TrainInputs:
    """Read, check and decode the three splits of ``dataset``; raises DataError."""
    data, model = config.dataset, config.model
    train = read_train_split(config)
    check_batch(config, train, world_size)
    retrieval = read_retrieval_split(
        data.query_dataset_dir,
        data.test_dataset_dir,
        query_key="dataset.query_dataset_dir",
        gallery_key="dataset.test_dataset_dir",
    )
    size = Size(model.input_height, model.input_width, model.input_channels)
    return TrainInputs(
        train,
        retrieval,
        open_store([crop.path for crop in train.crops], size, workers=data.num_workers),
        open_store([crop.path for crop in retrieval.crops], size, workers=data.num_workers),
    )


def _train_batches(
    data: DatasetConfig, split: TrainSplit, seed: int, rank: int, world_size: int
) -> EpochBatches:
    size = data.batch_size * world_size
    if data.sampler == "softmax":
        return ShuffledBatches(len(split.crops), size, seed=seed, rank=rank, world_size=world_size)
    people = size // data.num_instances
    return PKBatches(
        split.labels, people, data.num_instances, seed=seed, rank=rank, world_size=world_size
    )
