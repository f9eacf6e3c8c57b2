"""Lists the crops of one folder with pid and camid; decodes none of them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reid_model.data.names.naming import name_all
from reid_model.errors import DataError

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".gif"})
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip")
_NAMES_SHOWN = 5
# What macOS and Windows leave in folders and archives.
_HIDDEN, _SYSTEM_FOLDER, _SYSTEM_FILES = ("._", "__MACOSX", frozenset({".DS_Store", "Thumbs.db"}))


@dataclass(frozen=True)
class Crop:
    """One image file and who is in it, or an image set: the crops of one track, ``path`` the first.

    ``track``: what a tracker calls the track, '' without one; ``others``: the set's further images.
    """

    path: Path
    pid: int
    camid: int
    track: str = ""
    others: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Listing:
    """The crops of a folder, and notes on how they were named and which files were skipped."""

    crops: tuple[Crop, ...]
    notes: tuple[str, ...]


def list_folder(folder: Path, key: str, pattern: str = "") -> Listing:
    """Every crop below ``folder``: :func:`list_folders` of one."""
    return list_folders([(folder, key)], pattern)[0]


def list_folders(folders: Sequence[tuple[Path, str]], pattern: str = "") -> list[Listing]:
    """Every crop below each folder, sorted by its path relative to it.

    Persons have the same numbers in all of them. With each folder comes the spec key that named
    it, for the messages. ``pattern``: ``dataset.pattern``. Files that are not images are ignored.

    Raises:
        ConfigError: ``pattern`` is not a usable regular expression with a group ``pid``.
        DataError: a folder is missing, empty or unreadable, or names do not say who is in a crop.
    """
    listed = [_names(folder, key) for folder, key in folders]
    naming = name_all([name for names, _ in listed for name in names], pattern)
    identities = iter(naming.identities)
    found = []
    for (folder, key), (names, skipped) in zip(folders, listed, strict=True):
        own = [next(identities) for _ in names]
        nameless = [name for name, who in zip(names, own, strict=True) if who is None]
        if nameless:
            raise DataError(_nameless_message(folder, key, nameless, pattern))
        crops = [
            Crop(folder / name, who.pid, who.camid, who.track)
            for name, who in zip(names, own, strict=True)
            if who is not None
        ]
        note = f"{key}: {naming.note}" if naming.note else None
        notes = filter(None, (_skipped_note(folder, key, skipped), note))
        found.append(Listing(tuple(crops), tuple(notes)))
    return found


def _names(folder: Path, key: str) -> tuple[list[str], Counter[str]]:
    """The images of a folder, sorted, and what was skipped."""
    _check_folder(folder, key)
    skipped: Counter[str] = Counter()
    names = sorted(_images(folder, skipped))
    if not names:
        raise DataError(f"{key}: no images in {folder} ({', '.join(sorted(IMAGE_SUFFIXES))})")
    return names, skipped


def _skipped_note(folder: Path, key: str, skipped: Counter[str]) -> str | None:
    if not skipped:
        return None
    names = ", ".join(f"{name} ({count})" for name, count in sorted(skipped.items()))
    return f"{key}: skipped {names} in {folder}, which are not images"


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


def _nameless_message(folder: Path, key: str, names: list[str], pattern: str) -> str:
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    if pattern:
        return f"{key}: dataset.pattern {pattern!r} does not match {shown}{more} in {folder}"
    return (
        f"{key}: no person and camera in the file name of {shown}{more} in {folder}; "
        "expected names such as 0002_c1s1_000451_03.jpg, a folder for each person "
        "(anna/cam1_7.jpg, anna/cam1/7.jpg, anna/7.jpg), or dataset.pattern"
    )
