"""Lists the crops of data sets that are folders or lists, with the same numbers for a person."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reid_model.data.folder import Crop, Listing, list_folder, list_folders
from reid_model.data.lists.rows import Row, is_list, read_rows
from reid_model.data.names.naming import RawLabels, camera_of, numbered
from reid_model.errors import DataError

_SPLITS: Final = {
    "train": ("train", "training", "trainval"),
    "query": ("query", "probe"),
    "gallery": ("gallery", "test"),
}


@dataclass(frozen=True)
class _Entries:
    """The crops of one data set with the labels of person and camera."""

    paths: tuple[Path, ...]
    labels: tuple[RawLabels, ...]
    from_zero: bool
    notes: tuple[str, ...]


def list_set(path: Path, key: str, pattern: str = "") -> Listing:
    """Every crop of one data set: :func:`list_sets` of one."""
    return list_sets([(path, key)], pattern)[0]


def list_sets(sets: Sequence[tuple[Path, str]], pattern: str = "") -> list[Listing]:
    """Every crop of each data set, a folder or a file that lists crops, with the key that names it.

    Persons have the same numbers in all of them. Of a list with a column ``split`` the rows count
    that are of the key's split. Raises ConfigError and DataError as
    :func:`reid_model.data.folder.list_folders` does, and DataError with file and line for a list.
    """
    if not any(is_list(path) for path, _ in sets):
        return list_folders(sets, pattern)
    read = [_entries(path, key, pattern) for path, key in sets]
    from_zero = any(each.from_zero for each in read)
    shifted = [_from_one(each) if from_zero else each.labels for each in read]
    naming = numbered([label for labels in shifted for label in labels])
    identities = iter(naming.identities)
    found = []
    for (_, key), each in zip(sets, read, strict=True):
        own = [next(identities) for _ in each.paths]
        crops = (
            Crop(path, who.pid, who.camid, who.track)
            for path, who in zip(each.paths, own, strict=True)
            if who is not None
        )
        told = "labels count from 0, so label 0 is person 1" if from_zero else None
        notes = [f"{key}: {note}" for note in (naming.note, told) if note]
        found.append(Listing(tuple(crops), (*each.notes, *notes)))
    return found


def _entries(path: Path, key: str, pattern: str) -> _Entries:
    if not is_list(path):
        listed = list_folder(path, key, pattern)
        labels = tuple(
            RawLabels(str(crop.pid), str(crop.camid), crop.track) for crop in listed.crops
        )
        paths = tuple(crop.path for crop in listed.crops)
        return _Entries(paths, labels, from_zero=False, notes=listed.notes)
    if not path.exists():
        raise DataError(f"{key}: {path} does not exist")
    rows, note = _of_split(read_rows(path, key), path, key)
    rows = _distinct(rows, path, key)
    root = _root(path, key, rows)
    labels = tuple(
        RawLabels(row.person, row.camera or camera_of(row.path, pattern), row.track) for row in rows
    )
    from_zero = any(row.headerless and row.person == "0" for row in rows)
    paths = tuple(root / row.path for row in rows)
    return _Entries(paths, labels, from_zero, (note,) if note else ())


def _from_one(entries: _Entries) -> tuple[RawLabels, ...]:
    """Labels raised by one, since person 0 is a distractor."""
    return tuple(
        label._replace(person=str(int(label.person) + 1)) if label.person.isdigit() else label
        for label in entries.labels
    )


def _of_split(rows: list[Row], file: Path, key: str) -> tuple[list[Row], str | None]:
    """The rows of the key's split, all if the list names no splits, and a note on the others."""
    if not any(row.split for row in rows):
        return rows, None
    wanted = _split_of(key)
    kept = [row for row in rows if row.split in _SPLITS[wanted]]
    if kept:
        others = sorted({row.split or "none" for row in rows} - set(_SPLITS[wanted]))
        left = f", left out: {', '.join(others)}" if others else ""
        return kept, f"{key}: {len(kept)} of {len(rows)} rows are of split {wanted}{left}"
    names = ", ".join(sorted({row.split for row in rows if row.split}))
    hint = "; leave the key empty to have queries drawn" if wanted == "query" else ""
    raise DataError(
        f"{key}: {file} has no row whose split is {' or '.join(_SPLITS[wanted])} "
        f"(its splits: {names}){hint}"
    )


def _split_of(key: str) -> str:
    name = key.rpartition(".")[2]
    return "query" if "query" in name else "train" if "train" in name else "gallery"


def _distinct(rows: Iterable[Row], file: Path, key: str) -> list[Row]:
    """Each path once; raises DataError for one that is said to show two persons."""
    found: dict[str, Row] = {}
    for row in rows:
        first = found.setdefault(row.path, row)
        if first.person != row.person:
            raise DataError(
                f"{key}: {file}, line {row.line}: {row.path} is person {row.person}, "
                f"but {first.person} in line {first.line}"
            )
    return list(found.values())


def _root(file: Path, key: str, rows: Sequence[Row]) -> Path:
    """The folder that the paths are relative to: the list's own, or one in it (MSMT17's lists)."""
    folder = file.parent
    inside = sorted(each for each in folder.iterdir() if each.is_dir())
    missing = [(_missing(root, rows), root) for root in (folder, *inside)]
    best = min(missing, key=lambda each: len(each[0]))
    if not best[0]:
        return best[1]
    first, more = best[0][0], len(best[0]) - 1
    raise DataError(
        f"{key}: {file}, line {first.line}: no image {first.path} in {best[1]}"
        f"{f', and {more} more are missing' if more else ''}; paths are absolute, or relative to "
        "the list's folder or to one folder in it"
    )


def _missing(root: Path, rows: Sequence[Row]) -> list[Row]:
    base = str(root)
    if not os.path.isfile(os.path.join(base, rows[0].path)):
        return list(rows)
    return [row for row in rows if not os.path.isfile(os.path.join(base, row.path))]
