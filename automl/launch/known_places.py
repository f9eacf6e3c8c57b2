"""Finds the places that a run's plan names and that this user has never used.

A plan names a skill, and perhaps a virtual environment, a cluster, a storage and an advisor: a
program that is started with the sweep. Resuming a run that came from somebody else may execute
code of theirs, so its unknown places are shown first. The known ones are those of the runs that
this user started. They are kept in the user's cache folder, outside every run, so that no run can
bring its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

from automl.errors import InputError, SkillError
from automl.home import user_cache
from automl.skill import packaged_skill_dir
from automl.trial.secrets import mask

VARIABLE: Final = "AUTOML_STATE_DIR"
_FILE: Final = "known_places.jsonl"
_MODE: Final = 0o600
_LOCAL: Final = ("", "auto", "local", "localhost", "127.0.0.1", "::1")
SKILL: Final = "skill directory"
CLUSTER: Final = "Ray cluster"
_KINDS: Final = (SKILL, "virtual environment", CLUSTER, "storage", "advisor")


def places_of(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return what the content of a plan.yaml names, kind -> place."""
    wishes, care = _section(plan, "wishes"), _section(plan, "care")
    found = (
        _section(plan, "skill").get("directory"),
        care.get("venv"),
        wishes.get("address"),
        wishes.get("storage"),
        _advisor(_section(_section(plan, "course"), "advisor")),
    )
    return {kind: str(place) for kind, place in zip(_KINDS, found, strict=True) if place}


def _unknown(places: Mapping[str, str]) -> list[str]:
    """Return one line for each place that is not the user's own."""
    known = _known()
    return [
        f"{kind} {mask(place)}"
        for kind, place in places.items()
        if (kind, place) not in known and not _is_of_everybody(kind, place)
    ]


def unknown_places(plan: Mapping[str, Any], address: str | None) -> list[str]:
    """Return the places of a run that goes on which are not the user's own, one line each.

    ``address``: the cluster that the user names, which takes the place of the plan's.
    """
    places = places_of(plan)
    if address is not None:
        places.pop(CLUSTER, None)
    return _unknown(places)


def refuse_unknown(folder: Path, unknown: Sequence[str], remedy: str) -> NoReturn:
    """Refuse to resume a run that names unknown places; ``remedy`` says how to accept them."""
    raise InputError(
        f"the run in {folder} names places where this user has run nothing yet, so it may be"
        f" somebody else's, and going on runs what lies there: look at it, then say {remedy}",
        unknown,
    )


def check_parent_skill(folder: Path, directory: Path) -> None:
    """Refuse the skill directory that a parent's plan names, unless this user has run it before.

    Raises:
        InputError: this user has never run it.
    """
    if _unknown({SKILL: str(directory)}):
        raise InputError(
            f"--parent {folder}: its plan names the skill directory {directory}, from which this"
            f" user has run nothing yet: check its code, then pass --skill-dir {directory}"
        )


def remember(places: Mapping[str, str]) -> None:
    """Note the places of a run that this user starts; without a folder for it, nothing is noted."""
    new = [item for item in places.items() if item not in _known()]
    if not new:
        return
    with suppress(OSError):
        file = _file()
        file.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write("".join(f"{json.dumps(item)}\n" for item in new))


def _known() -> set[tuple[str, str]]:
    try:
        lines = _file().read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    found = set()
    for line in lines:
        with suppress(ValueError, TypeError):
            kind, place = json.loads(line)
            found.add((kind, place))
    return found


def _file() -> Path:
    named = os.environ.get(VARIABLE)
    return (Path(named) if named else user_cache() / "automl") / _FILE


def _is_of_everybody(kind: str, place: str) -> bool:
    """Whether a place is this installation's, this machine, or what the user's shell names."""
    if kind == SKILL:
        with suppress(SkillError):
            return Path(place) == packaged_skill_dir().resolve()
        return False
    if kind != CLUSTER:
        return False
    with suppress(ValueError):
        host = urlsplit(place if "://" in place else f"//{place}").hostname or ""
        return place in _LOCAL or host in _LOCAL or place == os.environ.get("RAY_ADDRESS")
    return False


def _advisor(section: Mapping[str, Any]) -> str:
    """An advisor's command with the folder in which it runs: both decide what is started."""
    command = section.get("command")
    return f"{command} (in {section.get('folder')})" if command else ""


def _section(plan: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = plan.get(name)
    return section if isinstance(section, Mapping) else {}
