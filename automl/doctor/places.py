"""Checks of the home folder, the cache, the storage of runs with its clock, and the skill."""

from __future__ import annotations

import os
import pwd
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from automl.doctor.line import Line, fault, ok, warning
from automl.doctor.machine import nearest_folder
from automl.home import can_write, named_cache, user_cache, user_home

_SKEW_S: Final = 5.0


def home() -> Iterator[Line]:
    """Whether there is a home folder and a user name; automl moves both where there is none."""
    named = os.environ.get("HOME")
    uid = os.getuid()
    try:
        user = f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        user = f"uid {uid}, without a name"
    remedy = "set HOME to a folder that you can write; until then a private temporary one is taken"
    folder = user_home()
    if folder is None:
        yield warning("HOME", f"{named or 'not set'}; {user}", remedy)
    elif not can_write(folder):
        yield warning("HOME", f"{folder} cannot be written; {user}", remedy)
    else:
        yield ok("HOME", f"{folder}{'' if named else ' by passwd'}; {user}")


def cache() -> Iterator[Line]:
    """Where staged data and pretrained files are kept."""
    named, found = named_cache(), user_cache()
    if found == named:
        yield ok("cache", str(found))
        return
    why = f"{named} cannot be written" if named else "there is no home folder"
    remedy = "set XDG_CACHE_HOME to a folder that you can write and that lasts"
    yield warning("cache", f"{found}, since {why}", remedy)


def storage(place: str) -> Iterator[Line]:
    """Whether runs can be written to a place, and how far its clock is from this machine's."""
    try:
        skew = _skew_of_url(place) if "://" in place else _skew_of_folder(Path(place))
    except Exception as error:
        words = f"{place} cannot be written: {type(error).__name__}: {error}"
        yield fault("storage", words, "check its name, your rights there, and the network")
        return
    yield ok("storage", f"{place} can be written")
    words = f"{abs(skew):.1f} s from the storage's"
    if abs(skew) > _SKEW_S:
        yield warning("clock", words, "set both clocks by NTP: locks and times of files mislead")
    else:
        yield ok("clock", words)


def _skew_of_folder(folder: Path) -> float:
    nearest = nearest_folder(folder)
    with tempfile.NamedTemporaryFile(dir=nearest, prefix=".automl-doctor-") as file:
        before = time.time()
        file.write(b"1")
        file.flush()
        os.utime(file.name)  # the server's own time, not one that this machine sends
        return os.stat(file.name).st_mtime - before


def _skew_of_url(url: str) -> float:
    import fsspec  # late: it is slow, and perhaps broken

    system, path = fsspec.core.url_to_fs(url.rstrip("/") + f"/.automl-doctor-{os.getpid()}")
    before = time.time()
    system.pipe_file(path, b"1")
    try:
        return _stamp(system.info(path), before) - before
    finally:
        system.rm_file(path)


def _stamp(info: dict[str, Any], unknown: float) -> float:
    when = info.get("LastModified") or info.get("last_modified") or info.get("mtime")
    if isinstance(when, datetime):
        return when.timestamp()
    return float(when) if isinstance(when, int | float) else unknown


def skill(directory: Path) -> Iterator[Line]:
    """What ``automl validate`` says of a skill."""
    from automl.space.check import check_skill  # late: its libraries are perhaps broken

    checked = check_skill(directory)
    remedy = f"automl validate {directory}"
    for found in checked.faults:
        yield fault("skill", str(found), remedy)
    if checked.warnings:
        yield warning("skill", f"{checked.name}: {len(checked.warnings)} warning(s)", remedy)
    if not (checked.faults or checked.warnings):
        yield ok("skill", f"{checked.name}: {', '.join(checked.actions) or 'no schema'}")
