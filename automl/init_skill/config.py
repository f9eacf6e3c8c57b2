"""Reads a YAML or JSON configuration into options: values, types, and what its comments say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Final

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from automl.bounded_yaml import decode, load_yaml
from automl.errors import InputError
from automl.init_skill.from_code import type_of
from automl.init_skill.option import TrainerOption
from automl.skill.files import why_unread
from automl.spec.secret_keys import is_secret

JSON_SUFFIX: Final = ".json"
_MANDATORY: Final = "???"
_EXPONENT: Final = re.compile(r"[-+]?\d+(?:\.\d*)?[eE][-+]?\d+")
_OF: Final = re.compile(r"\b(?:one of|options|choices|either)\b\s*:?\s*(.+)", re.IGNORECASE)
_BETWEEN: Final = re.compile(r"\s*(?:,\s*or\s|\bor\b|[|,/])\s*")
_QUOTES: Final = "'\"[](){}` ."
_DOTTED: Final = "its name has a dot, which a spec reads as a section"


@dataclass(frozen=True)
class Content:
    """What a configuration holds: its values, its options, and why some of it is none."""

    values: Mapping[str, Any]
    options: tuple[TrainerOption, ...]
    left_out: Mapping[str, str]


def read_config(path: Path) -> Content:
    """Return what a YAML file holds, or a JSON file, which is YAML once its tabs are gone.

    Raises:
        InputError: it cannot be read, or is no mapping.
    """
    try:
        text = decode(path.read_bytes())
        if path.suffix == JSON_SUFFIX:
            text = json.dumps(json.loads(text))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} cannot be read: {why_unread(error)}") from error
    return read_config_text(text, str(path))


def read_config_text(text: str, what: str) -> Content:
    """Return what a YAML text holds; InputError names ``what``."""
    try:
        values = load_yaml(text, unique=True)
        commented = YAML().load(StringIO(text)) if isinstance(values, dict) else None
    except (yaml.YAMLError, YAMLError) as error:
        raise InputError(f"{what} is no YAML: {why_unread(error)}") from error
    if not isinstance(values, dict) or not values:
        raise InputError(f"{what} must be a mapping of names to values")
    left_out: dict[str, str] = {}
    words = dict(_comments(commented, ""))
    options = tuple(_options(values, "", words, left_out))
    return Content(values, options, left_out)


def _options(
    values: Mapping[Any, Any], prefix: str, words: Mapping[str, str], left_out: dict[str, str]
) -> Iterator[TrainerOption]:
    for name, value in values.items():
        key = f"{prefix}{name}"
        why = _why_not(name, key, value)
        if why:
            left_out[key] = why
        elif isinstance(value, dict) and value:
            yield from _options(value, f"{key}.", words, left_out)
        else:
            yield _option(key, value, words.get(key, ""))


def _why_not(name: Any, key: str, value: Any) -> str:
    if not isinstance(name, str) or "." in name:
        return _DOTTED if isinstance(name, str) else "its name is no text"
    if not isinstance(value, dict) and is_secret(key, value):
        return "it is a secret: set it where the trainer runs, not in a spec"
    return ""


def _option(key: str, value: Any, words: str) -> TrainerOption:
    needed = value == _MANDATORY
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        value = float(value)  # text to YAML 1.1, a number to whoever wrote it
    kind = "any" if needed else type_of(value)
    if kind == "any" and not (needed or value is None):
        value = str(value) if not isinstance(value, dict) else value  # a date, an empty mapping
        kind = type_of(value)
    choices = _choices(words, value)
    return TrainerOption(
        key=key,
        type=kind,
        default=None if needed else value,
        choices=tuple(choices),
        help=words,
        required=needed,
        nullable=value is None or needed,
    )


def _choices(words: str, value: Any) -> list[str]:
    """The choices that a comment lists, where the value is one of them: ``# sgd | adam``."""
    if not isinstance(value, str):
        return []
    match = _OF.search(words)
    listed = match[1] if match else words
    found = [part.strip(_QUOTES) for part in _BETWEEN.split(listed)]
    whole = match is not None or "|" in listed or "," in listed or "/" in listed
    fits = whole and len(found) > 1 and all(re.fullmatch(r"[\w.+-]+", part) for part in found)
    return list(dict.fromkeys(found)) if fits and value in found else []


def _comments(node: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield dotted key and the comment behind its value, on the same line."""
    if not isinstance(node, CommentedMap):
        return
    for name, value in node.items():
        tokens = node.ca.items.get(name) or []
        token = tokens[2] if len(tokens) > 2 else None
        text = token.value.split("\n")[0] if token is not None else ""
        if text.strip().startswith("#"):
            yield f"{prefix}{name}", text.strip().lstrip("# ").strip()
        yield from _comments(value, f"{prefix}{name}.")
