"""Finds keys that a skill's files hold twice in one mapping: readers differ in which one counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import yaml

from automl.bounded_yaml import repeated_keys
from automl.errors import SkillError
from automl.skill.plain_file import read_text
from automl.skill.skill import Skill


def repeated_keys_of(skill: Skill) -> Iterator[tuple[Path, str]]:
    """Yield (file, what stands in it twice); files that cannot be read are others' errors."""
    for path in skill.packaged_files():
        with suppress(SkillError, ValueError, RecursionError, yaml.YAMLError):
            for line in _in_json(path) if path.suffix == ".json" else _in_yaml(path):
                yield path, line


def _in_yaml(path: Path) -> Iterator[str]:
    for key, line in repeated_keys(read_text(path)):
        yield f"line {line}: the key {key} stands there twice"


def _in_json(path: Path) -> Iterator[str]:
    found: dict[str, None] = {}

    def note(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            counts = Counter(name for name, _ in pairs)
            found.update({name: None for name, count in counts.items() if count > 1})

    json.loads(read_text(path), object_pairs_hook=note)
    return (f"the key {name} stands there twice" for name in found)
