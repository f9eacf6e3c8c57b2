"""Reads a skill's JSON and YAML files, and finds the skill that is packaged with this project.

A file that cannot be parsed is a :class:`SkillError` that names the file, the line and the remedy.
Generators of schemas write the bare tokens ``Infinity``, ``-Infinity`` and ``NaN``; Python's JSON
reader accepts them.
"""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any, Final

import yaml

from automl.bounded_yaml import load_yaml
from automl.constants import SKILL_INFO_FILE
from automl.errors import SkillError
from automl.skill.plain_file import read_text

_SURROGATE: Final = re.compile(r"\\u[dD][89abAB]|\\u[dD][cdefCDEF]")


def read_json(path: Path, *, unique: bool = False, within: Path | None = None) -> Any:
    """Return the JSON value in ``path``; SkillError when it is missing, unreadable or not JSON.

    ``unique`` and ``within``: as in :func:`read_yaml`.
    """
    return _parse(path, partial(_load_json, unique=unique), "JSON", within)


def _load_json(text: str, *, unique: bool) -> Any:
    value = json.loads(text, object_pairs_hook=_unique_pairs if unique else None)
    if _SURROGATE.search(text):  # half a character passes json, and no terminal or file
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice} stands there twice")
    return found


def read_yaml(path: Path, *, unique: bool = False, within: Path | None = None) -> Any:
    """Return the YAML value in ``path`` (safe tags only); SkillError when missing or malformed.

    ``unique``: a mapping that holds a key twice is refused, as in all that users write.
    ``within``: the folder that the file must lie in, links followed.
    """
    return _parse(path, partial(load_yaml, unique=unique), "YAML", within)


def _parse(path: Path, load: Callable[[str], Any], language: str, within: Path | None) -> Any:
    text = read_text(path, None if within is None or _is_packaged(within) else within)
    try:
        return load(text)
    except RecursionError:
        raise SkillError(f"{path}: nested too deeply to be read; flatten it") from None
    except (ValueError, yaml.YAMLError) as exc:
        raise SkillError(f"{path}: is not valid {language}: {_where(exc)}; correct it") from exc


def _where(exc: Exception) -> str:
    if isinstance(exc, yaml.MarkedYAMLError) and exc.problem_mark is not None:
        mark = exc.problem_mark
        return f"line {mark.line + 1} column {mark.column + 1}: {exc.problem or 'cannot be parsed'}"
    return " ".join(str(exc).split())


def why_unread(error: Exception) -> str:
    """What is wrong with a YAML file that cannot be read, in one line."""
    if isinstance(error, yaml.MarkedYAMLError):
        return f"not valid YAML at {_where(error)}"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _is_packaged(directory: Path) -> bool:
    """Whether it is the packaged skill's, whose files an installer may have made links."""
    return any(os.path.realpath(directory) == os.path.realpath(each) for each in _packaged_dirs())


def _packaged_dirs() -> tuple[Path, Path]:
    package = Path(str(resources.files("automl")))
    return package.parent, package / "_packaged_skill"


def packaged_skill_dir() -> Path:
    """Return the directory of the packaged ReID skill.

    A checkout or an editable install has it at the repository root, a wheel as
    ``automl/_packaged_skill``. SkillError when neither is there.
    """
    for candidate in _packaged_dirs():
        if (candidate / SKILL_INFO_FILE).is_file():
            return candidate
    raise SkillError(
        f"no packaged skill in {' or '.join(map(str, _packaged_dirs()))}; give --skill-dir, or run"
        " `make schemas`"
    )
