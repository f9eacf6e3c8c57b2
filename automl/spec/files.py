"""Reads a user's spec file: YAML, JSON or TOML by its suffix."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.bounded_yaml import decode
from automl.errors import SkillError, SpecError
from automl.skill.files import read_json, read_yaml
from automl.spec.nested import copy_plain

POLICY_KEY: Final = "automl_policy"  # says how to run, and is no part of the spec


def read_spec_file(path: Path) -> dict[str, Any]:
    """The nested spec in ``path``; SpecError when it is missing, malformed or no mapping."""
    try:
        values = _read(path)
    except SkillError as exc:
        raise SpecError(str(exc).replace("; the skill must package it", "")) from exc
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        raise SpecError(f"{path}: must be a mapping of spec sections, is {values!r:.60}")
    return {key: copy_plain(value) for key, value in values.items()}


def policy_in_file(path: Path) -> str | None:
    """The AutoML policy that a spec file holds as ``automl_policy``; None without one.

    YAML reads the words on and off as true and false.
    """
    value = read_spec_file(path).get(POLICY_KEY)
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def _read(path: Path) -> Any:
    if path.suffix == ".json":
        return read_json(path, unique=True)
    if path.suffix != ".toml":
        return read_yaml(path, unique=True)
    try:
        return tomllib.loads(decode(path.read_bytes()))
    except FileNotFoundError:
        raise SpecError(f"{path}: no such file") from None
    except (OSError, ValueError) as exc:
        raise SpecError(f"{path}: is not valid TOML: {exc}") from exc
