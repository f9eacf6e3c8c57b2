"""Reads a skill's JSON and YAML files, and finds the skill that is packaged with this project.

A file that cannot be parsed is a :class:`SkillError` that names the file, the line and the remedy.
Generators of schemas write the bare tokens ``Infinity``, ``-Infinity`` and ``NaN``; Python's JSON
reader accepts them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from automl.checked_yaml import UniqueKeys
from automl.constants import SKILL_INFO_FILE
from automl.errors import SkillError

_YAML_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_json(path: Path, *, unique: bool = False) -> Any:
    """Return the JSON value in ``path``; SkillError when it is missing, unreadable or not JSON.

    ``unique``: as in :func:`read_yaml`.
    """
    hook = _unique_pairs if unique else None
    return _parse(path, partial(json.loads, object_pairs_hook=hook), "JSON")


def _unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise ValueError(f"the key {twice} stands there twice")
    return found


def read_yaml(path: Path, *, unique: bool = False) -> Any:
    """Return the YAML value in ``path`` (safe tags only); SkillError when missing or malformed.

    ``unique``: a mapping that holds a key twice is refused, as in all that users write.
    """
    return _parse(path, partial(load_yaml, unique=unique), "YAML")


def load_yaml(text: str, *, unique: bool = False) -> Any:
    """Return the YAML value of ``text`` (safe tags only); raises ``yaml.YAMLError``."""
    loader = UniqueKeys if unique else _YAML_LOADER
    return yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, the C one if built


def _parse(path: Path, load: Callable[[str], Any], language: str) -> Any:
    text = _text(path)
    try:
        return load(text)
    except RecursionError:
        raise SkillError(f"{path}: nested too deeply to be read; flatten it") from None
    except (ValueError, yaml.YAMLError) as exc:
        raise SkillError(f"{path}: is not valid {language}: {_where(exc)}; correct it") from exc


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SkillError(f"{path}: no such file; the skill must package it") from None
    except (OSError, UnicodeDecodeError) as exc:
        raise SkillError(f"{path}: cannot be read as UTF-8 text: {exc}") from exc


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


def packaged_skill_dir() -> Path:
    """Return the directory of the packaged ReID skill.

    A checkout or an editable install has it at the repository root, a wheel as
    ``automl/_packaged_skill``. SkillError when neither is there.
    """
    package = Path(str(resources.files("automl")))
    for candidate in (package.parent, package / "_packaged_skill"):
        if (candidate / SKILL_INFO_FILE).is_file():
            return candidate
    raise SkillError(
        f"no packaged skill beside or inside {package}; give --skill-dir, or run `make schemas`"
    )
