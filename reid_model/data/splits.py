"""Reads the three splits of a data set and checks them against each other; decodes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from reid_model.config.dataset import DatasetConfig
from reid_model.config.experiment import ExperimentConfig
from reid_model.config.families import CROSS_CAMERA, CROSS_IMAGE, DEFAULT_NUM_CLASSES
from reid_model.config.identities import JUNK_PID
from reid_model.data.folder import Crop
from reid_model.data.holdout import Holdout, draw_queries, hold_out
from reid_model.data.lists.sets import list_set, list_sets
from reid_model.data.lists.training import list_training
from reid_model.data.retrieval_split import RetrievalSplit
from reid_model.data.tracklets import as_sets, images_of, sets_of
from reid_model.errors import DataError


@dataclass(frozen=True)
class TrainSplit:
    """Training crops with labels 0..num_classes-1 in sorted pid order; junk is left out.

    ``held_out``: the crops of the folder's identities that ``dataset.holdout`` keeps for
    validation; None without. ``num_cameras`` counts their cameras, too.
    """

    crops: tuple[Crop, ...]
    labels: tuple[int, ...]
    num_classes: int
    num_cameras: int
    notes: tuple[str, ...] = ()
    held_out: RetrievalSplit | None = None

    @property
    def held_out_pids(self) -> tuple[int, ...]:
        """The held-out identities, sorted; empty without."""
        return tuple(sorted({crop.pid for crop in self.held_out.crops})) if self.held_out else ()

    @property
    def identities(self) -> str:
        """How many identities there are to learn, for messages."""
        held = len(self.held_out_pids)
        more = f" (and {held} that dataset.holdout keeps for validation)" if held else ""
        return f"{self.num_classes}{more}"


def read_train_split(config: ExperimentConfig) -> TrainSplit:
    """The training set of ``dataset.train_dataset_dir``.

    Raises DataError if its identities contradict ``dataset.num_classes`` (unless that is left at
    its default) or are too few for ``dataset.holdout``.
    """
    data = config.dataset
    found = list_training(data.train_dataset_dir, data.extra_train_dirs, data.pattern)
    everyone = _without_junk(found.crops)
    held = _held_out(config, everyone)
    crops = held.kept if held else everyone
    pids = sorted({crop.pid for crop in crops})
    total = len({crop.pid for crop in everyone})
    notes = (
        *found.notes,
        _holdout_note(data, held, total) if held else None,
        _check_classes(data.num_classes, len(pids), total),
        _single_crops_note(data, crops),
    )
    label = {pid: index for index, pid in enumerate(pids)}
    return TrainSplit(
        crops=crops,
        labels=tuple(label[crop.pid] for crop in crops),
        num_classes=len(pids),
        num_cameras=max((crop.camid for crop in everyone), default=0) + 1,
        notes=tuple(filter(None, notes)),
        held_out=_validation(config, held) if held else None,
    )


def _held_out(config: ExperimentConfig, everyone: tuple[Crop, ...]) -> Holdout | None:
    data, protocol = config.dataset, config.evaluate.protocol
    if not data.holdout:
        return None
    sets = as_sets(everyone)
    held = hold_out(sets, data.holdout, data.holdout_seed, across_cameras=protocol == CROSS_CAMERA)
    return replace(held, kept=images_of(held.kept))


def _validation(config: ExperimentConfig, held: Holdout) -> RetrievalSplit:
    protocol = config.evaluate.protocol
    notes = tuple(filter(None, [_protocol_note(protocol)]))
    return RetrievalSplit(held.query, held.gallery, notes, protocol)


def _protocol_note(protocol: str) -> str | None:
    """What figures by another protocol than Market-1501's mean."""
    if protocol == CROSS_CAMERA:
        return None
    return (
        f"evaluate.protocol {protocol}: crops of one camera count as matches of each other, which "
        "look more alike than those of different cameras; the figures are not comparable with "
        "published ones"
    )


def _holdout_note(data: DatasetConfig, held: Holdout, total: int) -> str:
    people = {crop.pid for crop in held.query}
    return (
        f"dataset.holdout {data.holdout:g}: {len(people)} of {total} training identities are held "
        f"out ({_people(held.query)}); cmc_rank_1 and mAP are measured on them, by "
        f"{len(held.query)} queries among {len(held.gallery)} gallery crops, and the query and test"
        " folders are not read"
    )


def _single_crops_note(data: DatasetConfig, crops: Collection[Crop]) -> str | None:
    """A warning of persons with one crop, if batches hold several of each person."""
    single = sum(count == 1 for count in Counter(crop.pid for crop in crops).values())
    if not single or data.sampler == "softmax":
        return None
    return (
        f"WARNING: {single} training identities have one crop: a batch holds it "
        f"{data.num_instances} times, so the metric loss sees nothing but augmented copies of it; "
        "add crops, leave these persons out, or set dataset.sampler=softmax "
        "model.triplet_loss_weight=0"
    )


def _check_classes(declared: int, found: int, total: int) -> str | None:
    """A note on ``dataset.num_classes``, which may count those that are held out of ``total``."""
    if found < 2:
        raise DataError(f"the training set has {found} identities; at least 2 are needed")
    if declared in (found, total):
        return None
    if declared == DEFAULT_NUM_CLASSES:
        return f"dataset.num_classes taken from the data: {found}"
    raise DataError(
        f"dataset.num_classes is {declared} but the training set has {total} identities; "
        f"set it to {total}, or leave it out"
    )


def read_retrieval_split(
    query_dir: str,
    gallery_dir: str,
    *,
    query_key: str,
    gallery_key: str,
    protocol: str = CROSS_CAMERA,
    pattern: str = "",
) -> RetrievalSplit:
    """Query and gallery; raises DataError when no query has a correct match in the gallery.

    Without ``query_dir`` the queries are drawn from the gallery, as those of a holdout are.
    """
    if not query_dir and gallery_dir:
        return _drawn_split(gallery_dir, gallery_key, protocol, pattern)
    keys = (query_key, gallery_key)
    folders = list(zip(map(Path, (query_dir, gallery_dir)), keys, strict=True))
    listed = [sets_of(one, key) for one, key in zip(list_sets(folders, pattern), keys, strict=True)]
    query, gallery = (one.crops for one in listed)
    shared = {crop.pid for crop in query} & {crop.pid for crop in gallery} - {JUNK_PID}
    if not shared:
        raise DataError(
            f"{query_key} and {gallery_key} share no identity: every query must be a person of the "
            f"gallery ({query_dir} has {_people(query)}, {gallery_dir} has {_people(gallery)})"
        )
    notes = [
        *(note for one in listed for note in one.notes),
        _swap_warning(query, gallery, query_key, gallery_key),
        _protocol_note(protocol),
    ]
    split = RetrievalSplit(
        _without_junk(query), _without_junk(gallery), tuple(filter(None, notes)), protocol
    )
    if not _any_match(split):
        raise DataError(_no_match(protocol, query_key, gallery_key))
    return split


def _drawn_split(folder: str, key: str, protocol: str, pattern: str) -> RetrievalSplit:
    """Query and gallery drawn from one data set."""
    listed = sets_of(list_set(Path(folder), key, pattern), key)
    drawn = draw_queries(_without_junk(listed.crops), across_cameras=protocol == CROSS_CAMERA)
    if not drawn.query:
        seen = "by two cameras" if protocol == CROSS_CAMERA else "in two crops"
        raise DataError(
            f"no queries are given, and none can be drawn from {key}: {folder} shows no person "
            f"{seen}; "
            + (
                f"with a single camera, set evaluate.protocol={CROSS_IMAGE}"
                if protocol == CROSS_CAMERA
                else "a person needs a query and another image to find"
            )
        )
    note = (
        f"no queries are given: {len(drawn.query)} are drawn from {key}, of each person one crop "
        "of every camera that has several, or one crop if none has; the other "
        f"{len(drawn.gallery)} crops are the gallery"
    )
    notes = filter(None, (*listed.notes, note, _protocol_note(protocol)))
    return RetrievalSplit(drawn.query, drawn.gallery, tuple(notes), protocol)


def _no_match(protocol: str, query_key: str, gallery_key: str) -> str:
    if protocol == CROSS_CAMERA:
        return (
            f"no query of {query_key} has a correct match in {gallery_key}: crops of the same "
            "person from the same camera do not count, and there are no others; with a single "
            f"camera, set evaluate.protocol={CROSS_IMAGE}, which counts them"
        )
    return (
        f"no query of {query_key} has a correct match in {gallery_key}: the gallery holds no other "
        "image of a query's person"
    )


def _swap_warning(
    query: Collection[Crop], gallery: Collection[Crop], query_key: str, gallery_key: str
) -> str | None:
    """A warning if query and gallery look as if they had been swapped."""
    signs = []
    if len(query) > len(gallery):
        signs.append(f"there are more queries ({len(query)}) than gallery images ({len(gallery)})")
    unwanted = sum(crop.pid <= 0 for crop in query)
    if unwanted:
        signs.append(f"{unwanted} queries are distractors or junk (pid 0 or -1)")
    if not signs:
        return None
    return f"WARNING: {query_key} and {gallery_key} look swapped: {' and '.join(signs)}"


def split_line(name: str, crops: Collection[Crop]) -> str:
    """Images, identities and cameras of a split as a line for people."""
    people = len({crop.pid for crop in crops if crop.pid > 0})
    cameras = len({crop.camid for crop in crops})
    images = sum(1 + len(crop.others) for crop in crops)
    sets = "" if images == len(crops) else f" in {len(crops)} image sets"
    return f"{name}: {images} images{sets} of {people} identities, {cameras} cameras"


def _without_junk(crops: tuple[Crop, ...]) -> tuple[Crop, ...]:
    return tuple(crop for crop in crops if crop.pid != JUNK_PID)


def _people(crops: tuple[Crop, ...]) -> str:
    pids = sorted({crop.pid for crop in crops})
    shown = ", ".join(map(str, pids[:5]))
    return f"pids {shown}{', ...' if len(pids) > 5 else ''}"


def _any_match(split: RetrievalSplit) -> bool:
    query, gallery = split.views
    seen: dict[int, set[int]] = {}
    for crop, view in zip(split.gallery, gallery, strict=True):
        seen.setdefault(crop.pid, set()).add(view)
    return any(
        seen.get(crop.pid, set()) - {view} for crop, view in zip(split.query, query, strict=True)
    )
