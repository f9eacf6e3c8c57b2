"""YAML files of a run that show damage: their first line is a checksum of the rest.

Without it a flipped bit could change a number unseen. YAML parsers take the line for a comment.
Files of earlier versions have none and are read all the same; who changes one by hand removes it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from automl.bounded_yaml import load_yaml
from automl.errors import DamagedFileError
from automl.set_aside import put

Shape = Mapping[str, Any]
"""A JSON schema."""

_MARK: Final = "# sha256 of what follows: "
_ADVICE: Final = "copy it from where the run was made"
_EDITED: Final = "its content is not what was written; remove its first line if you changed it"


def damaged(path: Path, why: str) -> DamagedFileError:
    """Return the error for a file that cannot be used: what is wrong, and what to do."""
    return DamagedFileError(f"{path} is damaged: {why}; {_ADVICE}")


def checked_text(content: Mapping[str, Any]) -> str:
    """Return a mapping as YAML behind the line with its checksum."""
    text = yaml.safe_dump(dict(content), sort_keys=False, allow_unicode=True)
    return f"{_MARK}{_checksum(text)}\n{text}"


def write_checked(path: Path, content: Mapping[str, Any]) -> None:
    """Write a mapping as YAML with its checksum, whole or not at all."""
    unfinished = path.with_name(f".{path.name}.tmp")
    unfinished.write_text(checked_text(content), encoding="utf-8")
    put(unfinished, path)


def read_checked(path: Path, shape: Shape) -> dict[str, Any] | None:
    """Return the mapping in a file, None where nothing lies there.

    ``shape``: a JSON schema of what it may hold, for a file without a checksum.

    Raises:
        DamagedFileError: it is no file, holds no such mapping, or is not what was written.
    """
    text = read_text(path)
    return None if text is None else parse_mapping(text, path, shape)


def read_text(path: Path) -> str | None:
    """Return the text of a file, its checksum found right; None where nothing lies there.

    Raises:
        DamagedFileError: it is no file, no text, or not what was written.
    """
    if not path.is_file():
        if not os.path.lexists(path):
            return None
        raise damaged(path, "it is no file")
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged(path, f"it is no text: {error}") from error
    first, newline, rest = text.partition("\n")
    vouched = f"{_MARK}{_checksum(rest)}{newline}" == f"{first}\n"
    if _MARK.strip("# ") in first and not vouched:
        raise damaged(path, _EDITED)
    return text


def is_checked(text: str) -> bool:
    """Return whether a text begins with a checksum."""
    return text.startswith(_MARK)


def parse_mapping(text: str, path: Path, shape: Shape) -> dict[str, Any]:
    """Return the mapping that a text of ``path`` holds, as :func:`read_checked` does.

    Without a checksum a key that stands there twice is damage too.

    Raises:
        DamagedFileError: it is no YAML, or holds no such mapping.
    """
    checked = is_checked(text)
    try:
        found = load_yaml(text, unique=not checked)
    except Exception as error:  # PyYAML lets errors of many types through
        raise damaged(path, f"it is no YAML: {_in_short(error)}") from error
    if not isinstance(found, dict):
        raise damaged(path, "it holds no mapping")
    fault = "" if checked else _fault(found, shape)
    if fault:
        raise damaged(path, fault)
    return found


def _fault(content: Mapping[Any, Any], shape: Shape) -> str:
    """Say where content is not of the shape; empty where it is."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    try:
        odd = next(_odd_keys(content), None)
        if odd is not None:
            return f"the key {odd!r:.40} is no text"
        error = best_match(Draft202012Validator(shape).iter_errors(content))
    except RecursionError:
        return "it is nested too deeply"
    if error is None:
        return ""
    place = ".".join(map(str, error.absolute_path))
    return f"{place}{place and ': '}{error.message[:120]}"


def _odd_keys(value: Any) -> Iterator[Any]:
    """Yield the keys, at any depth, that are no text."""
    if isinstance(value, Mapping):
        yield from (key for key in value if not isinstance(key, str))
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _odd_keys(item)


def _in_short(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"line {error.problem_mark.line + 1}: {error.problem or 'it cannot be parsed'}"
    return " ".join(str(error).split()) or type(error).__name__


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
