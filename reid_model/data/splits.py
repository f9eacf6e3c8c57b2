"""Reads the three splits of a data set and checks them against each other; decodes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reid_model.config.experiment import ExperimentConfig
from reid_model.config.families import DEFAULT_NUM_CLASSES
from reid_model.config.identities import JUNK_PID
from reid_model.data.folder import Crop, read_folder
from reid_model.errors import DataError


@dataclass(frozen=True)
class TrainSplit:
    """Training crops with labels 0..num_classes-1 in sorted pid order; junk is left out."""

    crops: tuple[Crop, ...]
    labels: tuple[int, ...]
    num_classes: int
    num_cameras: int
    note: str | None


@dataclass(frozen=True)
class RetrievalSplit:
    """Query and gallery crops; distractors stay in as negatives.

    Junk is left out: the protocol never counts it and re-ranking must not use it.
    """

    query: tuple[Crop, ...]
    gallery: tuple[Crop, ...]

    @property
    def crops(self) -> tuple[Crop, ...]:
        """Query crops, then gallery crops."""
        return self.query + self.gallery


def read_train_split(config: ExperimentConfig) -> TrainSplit:
    """The training set of ``dataset.train_dataset_dir``.

    Raises DataError where its identities contradict ``dataset.num_classes`` (unless that is left at
    its default) or are too few for one P x K batch.
    """
    found = read_folder(Path(config.dataset.train_dataset_dir), "dataset.train_dataset_dir")
    crops = _counted(found)
    pids = sorted({crop.pid for crop in crops})
    note = _check_classes(config.dataset.num_classes, len(pids))
    label = {pid: index for index, pid in enumerate(pids)}
    cameras = max((crop.camid for crop in crops), default=0) + 1
    return TrainSplit(crops, tuple(label[crop.pid] for crop in crops), len(pids), cameras, note)


def _check_classes(declared: int, found: int) -> str | None:
    if found < 2:
        raise DataError(f"the training set has {found} identities; at least 2 are needed")
    if declared == found:
        return None
    if declared == DEFAULT_NUM_CLASSES:
        return f"dataset.num_classes taken from the data: {found}"
    raise DataError(
        f"dataset.num_classes is {declared} but the training set has {found} identities; "
        f"set it to {found}, or leave it out"
    )


def check_batch(config: ExperimentConfig, split: TrainSplit, world_size: int) -> None:
    """Raise DataError where the training set is too small for one batch on ``world_size`` devices.

    That is fewer identities than a P x K batch needs, or fewer crops than devices.
    """
    data = config.dataset
    if data.sampler == "softmax":
        _check_crops(len(split.crops), world_size, config.train.accumulate)
        return
    people = data.batch_size * world_size // data.num_instances
    if people > split.num_classes:
        devices = f" on {world_size} devices" if world_size > 1 else ""
        raise DataError(
            f"dataset.batch_size {data.batch_size}{devices} with dataset.num_instances "
            f"{data.num_instances} needs {people} identities in each batch, but the training set "
            f"has {split.num_classes}; lower batch_size or raise num_instances"
        )


def _check_crops(count: int, world_size: int, parts: int) -> None:
    if parts > 1 and count < 2 * parts * world_size:
        raise DataError(
            f"the training set has {count} crops for {world_size} devices: train.accumulate "
            f"{parts} leaves fewer than two crops in a part; lower it"
        )
    if count < world_size:
        raise DataError(
            f"the training set has {count} crops for {world_size} devices: each needs one at least"
        )


def read_retrieval_split(
    query_dir: str, gallery_dir: str, *, query_key: str, gallery_key: str
) -> RetrievalSplit:
    """Query and gallery; raises DataError when no query has a correct match in the gallery."""
    query = read_folder(Path(query_dir), query_key)
    gallery = read_folder(Path(gallery_dir), gallery_key)
    shared = {crop.pid for crop in query} & {crop.pid for crop in gallery} - {JUNK_PID}
    if not shared:
        raise DataError(
            f"{query_key} and {gallery_key} share no identity: every query must be a person of the "
            f"gallery ({query_dir} has {_people(query)}, {gallery_dir} has {_people(gallery)})"
        )
    if not _any_match(query, gallery):
        raise DataError(
            f"no query of {query_key} has a correct match in {gallery_key}: crops of the same "
            "person from the same camera do not count, and there are no others"
        )
    return RetrievalSplit(_counted(query), _counted(gallery))


def _counted(crops: tuple[Crop, ...]) -> tuple[Crop, ...]:
    return tuple(crop for crop in crops if crop.pid != JUNK_PID)


def _people(crops: tuple[Crop, ...]) -> str:
    pids = sorted({crop.pid for crop in crops})
    shown = ", ".join(map(str, pids[:5]))
    return f"pids {shown}{', ...' if len(pids) > 5 else ''}"


def _any_match(query: tuple[Crop, ...], gallery: tuple[Crop, ...]) -> bool:
    cameras: dict[int, set[int]] = {}
    for crop in gallery:
        cameras.setdefault(crop.pid, set()).add(crop.camid)
    return any(
        crop.pid != JUNK_PID and cameras.get(crop.pid, set()) - {crop.camid} for crop in query
    )
