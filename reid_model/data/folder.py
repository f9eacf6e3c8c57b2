"""Lists the crops of one folder with pid and camid; decodes none of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reid_model.data.names import identity_of
from reid_model.errors import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip")
_NAMES_SHOWN = 5
# What macOS and Windows leave in folders and archives.
_HIDDEN, _SYSTEM_FOLDER, _SYSTEM_FILES = ("._", "__MACOSX", frozenset({".DS_Store", "Thumbs.db"}))


@dataclass(frozen=True)
class Crop:
    """One image file and who is in it."""

    path: Path
    pid: int
    camid: int


@dataclass(frozen=True)
class Listing:
    """The crops of a folder, and a note on files of operating systems that were skipped."""

    crops: tuple[Crop, ...]
    note: str | None


def read_folder(folder: Path, key: str) -> tuple[Crop, ...]:
    """The crops of :func:`list_folder`."""
    return list_folder(folder, key).crops


def list_folder(folder: Path, key: str) -> Listing:
    """Every crop below ``folder``, sorted by its path relative to it.

    ``key`` is the spec key that named the folder, for the messages. Files that are not images are
    ignored. Raises DataError for a folder that is missing, empty or unreadable, and for file
    names without person and camera.
    """
    _check_folder(folder, key)
    crops, nameless = [], []
    skipped: Counter[str] = Counter()
    for name in sorted(_images(folder, skipped)):
        path = folder / name
        found = identity_of(path)
        if found is None:
            nameless.append(name)
        else:
            crops.append(Crop(path, found.pid, found.camid))
    if nameless:
        raise DataError(_nameless(folder, key, nameless))
    if not crops:
        raise DataError(f"{key}: no images in {folder} ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return Listing(tuple(crops), _skipped_note(folder, key, skipped))


def _skipped_note(folder: Path, key: str, skipped: Counter[str]) -> str | None:
    if not skipped:
        return None
    names = ", ".join(f"{name} ({count})" for name, count in sorted(skipped.items()))
    return f"{key}: skipped {names} in {folder}, which are no images"


def _check_folder(folder: Path, key: str) -> None:
    if not str(folder) or str(folder) == ".":
        raise DataError(f"{key} is empty: set it to a folder of person crops")
    if folder.name.lower().endswith(_ARCHIVES):
        raise DataError(
            f"{key}: {folder} is an archive; unpack it and name the folder, "
            "or let `automl run --data` do it"
        )
    if not folder.exists():
        raise DataError(f"{key}: {folder} does not exist")
    if not folder.is_dir():
        raise DataError(f"{key}: {folder} is not a folder")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DataError(f"{key}: {folder} cannot be read: permission denied")


def _images(folder: Path, skipped: Counter[str]) -> Iterator[str]:
    """Image files, relative to the folder; links are followed, each real folder is entered once.

    Strings, since Path objects take several times as long and each trial reads all names.
    """
    entered: set[tuple[int, int]] = set()
    for where, folders, files in os.walk(folder, followlinks=True, onerror=_unreadable):
        status = os.stat(where)
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        skipped.update(name for name in folders if name == _SYSTEM_FOLDER)
        folders[:] = sorted(name for name in folders if name != _SYSTEM_FOLDER)
        below = where[len(str(folder)) :].strip(os.sep)
        yield from (os.path.join(below, name) for name in files if _is_image(name, skipped))


def _is_image(name: str, skipped: Counter[str]) -> bool:
    """Whether a file is an image by its name; files of operating systems are counted."""
    if name.startswith(_HIDDEN) or name in _SYSTEM_FILES:
        skipped[f"{_HIDDEN}*" if name.startswith(_HIDDEN) else name] += 1
        return False
    return os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES


def _unreadable(exc: OSError) -> None:
    raise DataError(f"{exc.filename} cannot be read: {exc.strerror}") from exc


def _nameless(folder: Path, key: str, names: list[str]) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return (
        f"{key}: no person and camera in the file name of {shown}{more} in {folder}; "
        "expected names such as 0002_c1s1_000451_03.jpg, or 0002/c1_000451.jpg"
        " where each person has a folder"
    )
