"""Several training sets as one: their persons and cameras are kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from reid_model.data.folder import Crop, Listing
from reid_model.data.lists.sets import list_set

_KEY: Final = "dataset.train_dataset_dir"
EXTRA_KEY: Final = "dataset.extra_train_dirs"


def list_training(folder: str, extra: Sequence[str], pattern: str = "") -> Listing:
    """The crops of ``dataset.train_dataset_dir`` and, after them, of ``dataset.extra_train_dirs``.

    The persons and cameras of a further set get numbers above those before it, so person 7 of two
    sets is two persons. Distractors (0) and junk (-1) stay what they are. Raises DataError.
    """
    first = list_set(Path(folder), _KEY, pattern)
    crops, notes = list(first.crops), list(first.notes)
    for place, name in enumerate(extra):
        key = f"{EXTRA_KEY}[{place}]"
        found = list_set(Path(name), key, pattern)
        notes += [*found.notes, _note(key, name, found.crops)]
        crops += _above(crops, found.crops)
    return Listing(tuple(crops), tuple(notes))


def _above(before: Sequence[Crop], added: Sequence[Crop]) -> list[Crop]:
    """``added`` with numbers above all before; their own begin at 0, so one more is needed."""
    pids = max(max(crop.pid for crop in before), 0)
    cameras = max(crop.camid for crop in before) + 1
    return [
        replace(crop, pid=crop.pid + pids if crop.pid > 0 else crop.pid, camid=crop.camid + cameras)
        for crop in added
    ]


def _note(key: str, name: str, crops: Sequence[Crop]) -> str:
    people = len({crop.pid for crop in crops if crop.pid > 0})
    return f"{key}: {len(crops)} crops of {people} persons of {name}, numbered apart"
