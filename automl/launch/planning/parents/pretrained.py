"""Fetches the pretrained files that a skill names by a link, and puts them where the job looks."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from automl.errors import DataSourceError
from automl.skill import PretrainedFile, Skill
from automl.spec.build import ResolvedSpec
from automl.spec.inferred import is_empty
from automl.spec.nested import get_path
from automl.trial.data.fetch import fetch
from automl.trial.data.staging import Staged

_FILE: Final = "file"


def stage_pretrained(
    skill: Skill, action: str, spec: Mapping[str, Any], resolved: ResolvedSpec
) -> dict[str, Staged]:
    """Return spec key -> file for each linked pretrained file that the job does not find yet.

    A value of the user's or of a parent run is left alone.

    Raises:
        DataSourceError: a file cannot be fetched.
    """
    files = skill.info.pretrained.get(action, {})
    return {
        key: _staged(key, file)
        for key, file in files.items()
        if key not in resolved.user_keys and _is_open(key, get_path(spec, key, None), resolved)
    }


def _is_open(key: str, value: Any, resolved: ResolvedSpec) -> bool:
    """Whether the key is empty, or names a file of the skill's that is not there."""
    return is_empty(value) or (key in resolved.trusted and not Path(str(value)).is_file())


def _staged(key: str, file: PretrainedFile) -> Staged:
    """The file where the skill says, else one fetched into the cache under the same name."""
    if Path(file.destination).is_file():
        return Staged(file.destination, file.destination, _FILE)
    try:
        fetched = fetch(file.link)
    except DataSourceError as error:
        raise DataSourceError(
            f"{key}: {error}; this skill starts from that file: download it elsewhere and give"
            f" --set {key}=FILE, or put it at {file.destination}"
        ) from error
    place = fetched.with_name(Path(file.destination).name)
    if place != fetched and not place.exists():
        with suppress(FileExistsError):
            place.symlink_to(fetched.name)
    return Staged(file.link, str(place), _FILE)
