"""Finds the files that a skill declares below the user's data root, and makes them local.

Where a skill declares an archive (``.tar``, ``.tar.gz``, ``.tgz``, ``.tar.zst``), the folder that
it unpacks to serves as well. Archives are unpacked into the machine's cache, one entry for each
content, which all trials share; URLs are downloaded through fsspec.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from automl.errors import DataSourceError
from automl.skill import DataSource
from automl.spec.inferred import is_empty
from automl.spec.nested import get_path
from automl.trial.data.fetch import fetch
from automl.trial.data.unpack import ARCHIVES, unpack
from automl.trial.secrets import refuse_password

_UNPACKED_RUNTIME: Final = "extracted_folder"


@dataclass(frozen=True)
class Staged:
    """One declared file of a run: its place for every node, and its path on this machine.

    Attributes:
        location: the file, folder or URL that the user named.
        path: the value of the spec key for trials on the driver's machine.
        runtime: the form in which the trainer wants it (see :class:`automl.skill.DataSource`).
    """

    location: str
    path: str
    runtime: str | None = None

    def here(self) -> str:
        """Return its path on this machine; a worker of another machine stages it first.

        Raises:
            DataSourceError: it cannot be staged on this machine.
        """
        if Path(self.path).exists():
            return self.path
        if "://" not in self.location and not Path(self.location).exists():
            raise DataSourceError(
                f"{self.location} does not exist on this machine: put the data on a path that"
                " every node sees, or give a URL"
            )
        return stage(self.location, DataSource(None, "", self.runtime))


def locate_data(
    sources: Mapping[str, DataSource],
    spec: Mapping[str, Any],
    root: str | None,
    user_keys: Collection[str] = (),
    optional: Collection[str] = (),
) -> dict[str, str]:
    """Return spec key -> path or URL for each declared file; nothing is staged yet.

    Optional files that do not exist are left out.

    Args:
        sources: the declared files of the action, spec key -> source.
        spec: the resolved spec; without a root, its values are the locations.
        root: the user's data root, a folder or a URL; None where the spec names every file.
        user_keys: dotted leaves that the user set; they take precedence over the root.
        optional: keys of files that the action can do without.

    Raises:
        DataSourceError: required files are missing, or the root holds none; it names each.
        InputError: a URL carries a password.
    """
    if root is not None:
        refuse_password(root, "--data")
    found: dict[str, str] = {}
    missing: dict[str, str] = {}
    for key, source in sources.items():
        given = get_path(spec, key, None)
        if not is_empty(given) and (root is None or _is_set(key, user_keys)):
            refuse_password(str(given), key)
            found[key] = str(given)
        elif root is not None:
            _check_root(root)
            found[key] = _below(root, source.path)
        elif key not in optional:
            missing[key] = f"give --data ROOT with {source.path} in it, or --set {key}=PATH"
        if key in found and not is_at_hand(found[key]):
            missing[key] = f"{found[key]} does not exist{_or_folder(found[key], source)}"
    needed = [key for key in missing if key not in optional or _is_set(key, user_keys)]
    there = {key: place for key, place in found.items() if key not in missing}
    if needed or (missing and root is not None and not there):
        faults = [f"{key}: {words}" for key, words in missing.items()]
        raise DataSourceError("training data are missing", faults)
    return there


def is_at_hand(place: str) -> bool:
    """Return whether a path exists; a URL is taken to exist."""
    return "://" in place or Path(place).exists()


def stage(location: str, source: DataSource) -> str:
    """Return the local path of one file; download and unpack it where that is needed.

    Raises:
        DataSourceError: it cannot be downloaded or unpacked.
    """
    path = fetch(location) if "://" in location else Path(location).absolute()
    wanted = source.runtime in (None, _UNPACKED_RUNTIME)
    if path.is_dir() or not wanted or not path.name.endswith(ARCHIVES):
        return str(path)
    return str(unpack(path))


def _is_set(key: str, user_keys: Collection[str]) -> bool:
    """Return whether the user set the key itself, or the list or mapping that holds it."""
    return any(key == own or key.startswith((f"{own}.", f"{own}[")) for own in user_keys)


def _check_root(root: str) -> None:
    """Refuse a local data root that is no folder with one error, not one for each file in it."""
    if "://" not in root and not Path(root).is_dir():
        said = "is not a folder" if Path(root).exists() else "does not exist"
        raise DataSourceError(f"--data {root} {said}: name the folder that holds the data")


def _or_folder(path: str, source: DataSource) -> str:
    """Return what else would serve in place of a missing archive, for the error message."""
    ending = next((suffix for suffix in ARCHIVES if source.path.endswith(suffix)), None)
    if ending is None or not path.endswith(source.path):
        return ""
    return f", nor does a folder {Path(path).name.removesuffix(ending)} beside it"


def _below(root: str, name: str) -> str:
    """Join root and name; a local archive of the same stem, or its folder, serves as well."""
    if "://" in root:
        return f"{root.rstrip('/')}/{name}"
    ending = next((suffix for suffix in ARCHIVES if name.endswith(suffix)), None)
    others = [] if ending is None else [*ARCHIVES, ""]
    names = [name, *(name.removesuffix(ending or "") + other for other in others)]
    return str(next((p for n in names if (p := Path(root) / n).exists()), Path(root) / name))
