"""Writes the embedding of every image of a data set into one file."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from reid_model.actions.embedder import Embedder, batch_size_of, inference_devices, open_crops
from reid_model.actions.embedding_files import (
    JSON_SUFFIXES,
    PARQUET_SUFFIX,
    Floats,
    ListedCrop,
    open_embedding_file,
)
from reid_model.actions.folders import check_results_dir
from reid_model.actions.outputs import announce, output_file, whole_file
from reid_model.actions.search.gallery import INDEX_SUFFIX
from reid_model.actions.training.isolation import isolated
from reid_model.actions.training.outcome import RunStatus, recorded
from reid_model.actions.training.restore import Restored, explicit_keys, restore_network
from reid_model.actions.training.status import Report
from reid_model.config import ExperimentConfig, load_spec
from reid_model.data.lists.sets import list_sets
from reid_model.data.set_means import set_means
from reid_model.data.tracklets import images_of, sets_of
from reid_model.errors import DataError


def run(spec: Mapping[str, Any], report: Report | None = None) -> None:
    """Embed the crops of ``inference.query_dataset`` and ``inference.test_dataset``.

    One of the folders may be empty. ``inference.output_file`` gets one row per image, or per track
    with its mean embedding, in the order of the file names: image path, pid, camid, split
    (``query`` or ``gallery``) and the embedding. The suffix says the format: ``.json`` (one array),
    ``.jsonl`` (lines), ``.parquet``, or ``.arrow`` (an index to search), in which embeddings are
    scaled to length 1. Only a few batches of pixels and one block of rows are in memory at once,
    and the file appears when it is complete. Records are handed to ``report``.

    Raises ConfigError, DataError or CheckpointError for input that cannot be used (nothing is
    written).
    """
    with recorded(spec, report) as status:
        config = load_spec(spec)
        check_results_dir(config)
        with isolated(config.train):
            _infer(config, explicit_keys(spec), status)


def _infer(config: ExperimentConfig, explicit: Collection[str], status: RunStatus) -> None:
    output = _output_file(config)
    wanted = config.inference
    devices, network, listed, notes = _inputs(config, explicit)
    sets = [row.crop for row in listed]
    images = images_of(sets)
    store = open_crops(images, network, cached=False)
    message = f"embedding {len(images)} images with {wanted.checkpoint}"
    status.begin(announce(message, network.note, *notes), fresh=False)
    embedder = Embedder(network, devices, batch_size_of(config, wanted.batch_size))
    dimension, done = network.network.feat_dim, 0
    tracks = any(one.track for one in sets)
    with (
        whole_file(output) as partial,
        open_embedding_file(partial, dimension, tracks=tracks) as file,
    ):
        for found in set_means(embedder.features(store, images), sets):
            file.add(listed[done : done + len(found)], _array(found))
            done += len(found)
    status.succeeded(announce(f"{done} embeddings of {dimension} numbers in {output}"))


def check(spec: Mapping[str, Any]) -> list[str]:
    """Check checkpoint, devices and folders of a complete inference ``spec``; returns lines.

    Raises ConfigError, DataError or CheckpointError. Nothing is written and no image decoded.
    """
    config = load_spec(spec)
    _output_file(config)
    _, network, listed, notes = _inputs(config, explicit_keys(spec))
    counts = f"{len(images_of(row.crop for row in listed))} images"
    lines = [f"checkpoint: {config.inference.checkpoint}", counts, network.note, *notes]
    return [line for line in lines if line]


def _inputs(
    config: ExperimentConfig, explicit: Collection[str]
) -> tuple[tuple[torch.device, ...], Restored, list[ListedCrop], list[str]]:
    wanted = config.inference
    devices = inference_devices(wanted.num_gpus, wanted.gpu_ids, section="inference")
    network = restore_network(
        wanted.checkpoint, config, key="inference.checkpoint", explicit=explicit
    )
    return devices, network, *_listed(config)


def _output_file(config: ExperimentConfig) -> Path:
    return output_file(
        config.inference.output_file,
        config.inference.results_dir,
        config.results_dir,
        "inference.json",
        key="inference.output_file",
        suffixes=(*JSON_SUFFIXES, PARQUET_SUFFIX, INDEX_SUFFIX),
    )


def _listed(config: ExperimentConfig) -> tuple[list[ListedCrop], list[str]]:
    """The crops of both folders, queries first, and notes on what was skipped."""
    section = config.inference
    folders = (("query", "query_dataset"), ("gallery", "test_dataset"))
    given = [(split, name) for split, name in folders if getattr(section, name)]
    if not given:
        raise DataError(
            "inference.test_dataset and inference.query_dataset are both empty: "
            "set one to a folder of person crops"
        )
    asked = [(Path(getattr(section, name)), f"inference.{name}") for _, name in given]
    read = list_sets(asked, config.dataset.pattern)
    found = [sets_of(one, key) for one, (_, key) in zip(read, asked, strict=True)]
    notes = [note for listing in found for note in listing.notes]
    crops = [
        ListedCrop(crop, split)
        for (split, _), listing in zip(given, found, strict=True)
        for crop in listing.crops
    ]
    return crops, notes


def _array(features: Tensor) -> Floats:
    array: Floats = features.cpu().numpy()
    return array
