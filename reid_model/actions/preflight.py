"""A look at spec and data before a launch: what a trial would refuse is refused here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from reid_model.config import load_spec
from reid_model.config.model import ModelConfig
from reid_model.data.folder import Crop
from reid_model.data.inputs import crop_size, read_splits
from reid_model.data.store import open_store
from reid_model.models.pretrained import find_weights


def check(spec: Mapping[str, Any]) -> list[str]:
    """Check the complete train ``spec`` and every image that it names; returns what was found.

    One line a split (images, identities, cameras) and one of the weights to start from. Raises
    ConfigError, DataError or CheckpointError, which name the key, folder or file.
    """
    config = load_spec(spec)
    train, retrieval = read_splits(config, config.train.num_gpus)
    paths = [crop.path for crop in (*train.crops, *retrieval.crops)]
    open_store(paths, crop_size(config.model), workers=os.cpu_count() or 1, memory_limit=0)
    splits = {"train": train.crops, "query": retrieval.query, "gallery": retrieval.gallery}
    return [*(_line(name, crops) for name, crops in splits.items()), _weights(config.model)]


def _weights(model: ModelConfig) -> str:
    found = find_weights(model)
    return found if isinstance(found, str) else f"starting weights: {found}"


def _line(name: str, crops: Sequence[Crop]) -> str:
    people = len({crop.pid for crop in crops if crop.pid > 0})
    cameras = len({crop.camid for crop in crops})
    return f"{name}: {len(crops)} images of {people} identities, {cameras} cameras"
