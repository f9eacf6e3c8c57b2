"""A look at spec and data before a launch: what a trial would refuse is refused here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from reid_model.config import load_spec
from reid_model.config.model import ModelConfig
from reid_model.data.folder import Crop
from reid_model.data.splits import check_batch, read_retrieval_split, read_train_split
from reid_model.data.store import Size, open_store
from reid_model.models.pretrained import find_weights


def check(spec: Mapping[str, Any]) -> list[str]:
    """Check the complete train ``spec`` and every image that it names; returns what was found.

    One line a split (images, identities, cameras) and one of the weights to start from. Raises
    ConfigError, DataError or CheckpointError, which name the key, folder or file.
    """
    config = load_spec(spec)
    data, model = config.dataset, config.model
    train = read_train_split(config)
    check_batch(config, train, world_size=1)
    retrieval = read_retrieval_split(
        data.query_dataset_dir,
        data.test_dataset_dir,
        query_key="dataset.query_dataset_dir",
        gallery_key="dataset.test_dataset_dir",
    )
    size = Size(model.input_height, model.input_width, model.input_channels)
    paths = [crop.path for crop in (*train.crops, *retrieval.crops)]
    open_store(paths, size, workers=os.cpu_count() or 1, memory_limit=0)
    splits = {"train": train.crops, "query": retrieval.query, "gallery": retrieval.gallery}
    return [*(_line(name, crops) for name, crops in splits.items()), _weights(model)]


def _weights(model: ModelConfig) -> str:
    found = find_weights(model)
    return found if isinstance(found, str) else f"starting weights: {found}"


def _line(name: str, crops: Sequence[Crop]) -> str:
    people = len({crop.pid for crop in crops if crop.pid > 0})
    cameras = len({crop.camid for crop in crops})
    return f"{name}: {len(crops)} images of {people} identities, {cameras} cameras"
