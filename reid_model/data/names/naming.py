"""Who is in the crops of some folders, by a pattern of the user's, by their names, or by folders.

The forms of known data sets come first; if no name has one, a folder for each person says it,
and a folder for each camera in it. Persons and cameras that are words are numbered.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import NamedTuple

from reid_model.data.names.known_forms import CAMERA, Identity, identity_of
from reid_model.errors import ConfigError

KEY = "dataset.pattern"


class RawLabels(NamedTuple):
    """Person, camera and track as names, folders or lists write them; '' if none is given."""

    person: str
    camera: str
    track: str = ""


@dataclass(frozen=True)
class Naming:
    """The identity of each crop, None for those without, and a note on how they were read."""

    identities: tuple[Identity | None, ...]
    note: str | None = None


def name_all(names: Sequence[str], pattern: str = "") -> Naming:
    """The identities of crops by their paths relative to their folders.

    Args:
        names: of all folders whose persons are to have the same numbers, query and gallery.
        pattern: a regular expression with the group ``pid`` and perhaps ``camid`` and ``track``,
            looked for in a file's own name, or in its whole relative path if it holds a ``/``;
            '' for none.

    Raises:
        ConfigError: ``pattern`` is not a usable regular expression with a group ``pid``.
    """
    if pattern:
        expression = compiled(pattern)
        whole = "/" in pattern
        return numbered([_by_pattern(expression, name, whole=whole) for name in names])
    known = [identity_of(PurePosixPath(name)) for name in names]
    if any(known):
        return Naming(tuple(known))
    return numbered([_by_folders(name) for name in names])


def compiled(pattern: str) -> re.Pattern[str]:
    """``dataset.pattern`` as an expression; raises ConfigError for one that cannot be used."""
    try:
        expression = re.compile(pattern)
    except re.error as exc:
        raise ConfigError(f"{KEY} {pattern!r} is not a regular expression: {exc}") from exc
    if "pid" not in expression.groupindex:
        raise ConfigError(
            f"{KEY} {pattern!r} names no person: put it into a group, as in"
            r" (?P<pid>\d+)_c(?P<camid>\d+)"
        )
    unknown = set(expression.groupindex) - {"pid", "camid", "track"}
    if unknown:
        raise ConfigError(
            f"{KEY}: its groups are pid, camid and track, not {', '.join(sorted(unknown))}"
        )
    return expression


def _by_pattern(expression: re.Pattern[str], name: str, *, whole: bool) -> RawLabels | None:
    found = expression.search(name if whole else PurePosixPath(name).name)
    if found is None or not found["pid"]:
        return None
    groups = found.groupdict()
    return RawLabels(groups["pid"], groups.get("camid") or "", groups.get("track") or "")


def camera_of(name: str, pattern: str) -> str:
    """The camera in a crop's path, by the pattern or the known forms; '' for none."""
    if pattern:
        found = _by_pattern(compiled(pattern), name, whole="/" in pattern)
        return found.camera if found else ""
    known = identity_of(PurePosixPath(name))
    return str(known.camid) if known else ""


def _by_folders(name: str) -> RawLabels | None:
    """``person/x.jpg``, ``person/cam1_x.jpg`` or ``person/camera/x.jpg``."""
    folders = PurePosixPath(name).parts[:-1]
    if len(folders) == 2:
        return RawLabels(*folders)
    if len(folders) != 1:
        return None
    camera = CAMERA.match(PurePosixPath(name).name)
    return RawLabels(folders[0], camera[1] if camera else "")


def numbered(labels: Sequence[RawLabels | None]) -> Naming:
    """The identities that labels name, by their own numbers or in their order."""
    known = [each for each in labels if each]
    persons = _numbers(each.person for each in known)
    cameras = _numbers(each.camera for each in known if each.camera)
    found = (
        each and Identity(persons[each.person], cameras.get(each.camera, 0), each.track)
        for each in labels
    )
    return Naming(tuple(found), _note(persons, cameras) if known else None)


def _numbers(words: Iterable[str]) -> Mapping[str, int]:
    """Each word's own number if all have one (``7``, ``-1``, ``cam 7``), else its place."""
    distinct = sorted(set(words))
    own = {word: found for word in distinct if (found := _number(word)) is not None}
    if len(own) == len(distinct) == len(set(own.values())) or all(map(_is_number, distinct)):
        return own
    return {word: place for place, word in enumerate(distinct, start=1)}


def _number(word: str) -> int | None:
    found = re.fullmatch(r"(?:[a-z]+[-_ ]?(?=\d))?(-?\d+)", word, re.I)
    return int(found[1]) if found else None


def _is_number(word: str) -> bool:
    return re.fullmatch(r"-?\d+", word) is not None


def _note(persons: Mapping[str, int], cameras: Mapping[str, int]) -> str:
    words = any(_number(word) != number for word, number in persons.items())
    told = [f"{len(persons)} persons"]
    if words:
        first, last = min(persons), max(persons)
        told.append(f"numbered in the order of their names ({first} is {persons[first]}")
        told[-1] += f", {last} is {persons[last]})"
    told.append(f"{len(cameras)} cameras" if cameras else "no cameras: all crops count as of one")
    return ", ".join(told)
