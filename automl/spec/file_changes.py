"""Tells what a spec file changes from what it repeats of the packaged spec.

A complete template as ``--spec`` would else fix every key, with nothing left to search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from automl.skill import Leaf, Schema
from automl.skill.schema.numbers import is_finite
from automl.spec.follow_budget import scaled_length
from automl.spec.nested import flatten, get_path
from automl.spec.validate import MANDATORY

_ABSENT: Any = object()


@dataclass(frozen=True)
class FileChanges:
    """What a spec file says.

    ``values``: nested, without keys at the packaged default, without those that it leaves to be
    set (``???``), and without sections that it names and leaves empty. ``repeated``: the dotted
    keys at the packaged default.
    """

    values: dict[str, Any] = field(default_factory=dict)
    repeated: tuple[str, ...] = ()

    def note(self, file: Path | None) -> tuple[str, ...]:
        """In a line, how many keys of the file stay free; nothing where it repeats none."""
        many, every = len(self.repeated), len(self.repeated) + len(flatten(self.values))
        if not many:
            return ()
        return (
            f"{many} of the {every} keys of {file} equal the packaged default and stay free;"
            " --set KEY=VALUE fixes one",
        )


def file_changes(
    given: Mapping[str, Any], packaged: Mapping[str, Any], schema: Schema | None
) -> FileChanges:
    """What the spec file's values ``given`` change; everything where nothing is packaged.

    Values are compared as numbers, lists and mappings, whatever their notation: 1 and 1.0. A length
    that follows the budget may also have the default's value for the file's own budget, as specs of
    earlier runs do.
    """
    if not packaged:
        return FileChanges(dict(given))
    comparison = _Comparison(given, packaged, schema.leaves if schema else {})
    values = comparison.changes(given, packaged, "")
    return FileChanges(values, tuple(comparison.repeated))


class _Comparison:
    def __init__(
        self, given: Mapping[str, Any], packaged: Mapping[str, Any], leaves: Mapping[str, Leaf]
    ) -> None:
        self.given, self.packaged, self.leaves = given, packaged, leaves
        self.repeated: list[str] = []

    def changes(self, given: Mapping[str, Any], packaged: Any, prefix: str) -> dict[str, Any]:
        """The part of ``given`` that differs from ``packaged``; notes the keys that do not."""
        changed: dict[str, Any] = {}
        for name, value in given.items():
            below = packaged.get(name, _ABSENT) if isinstance(packaged, Mapping) else _ABSENT
            if isinstance(value, Mapping) and (value or _holds_keys(below)):
                inner = self.changes(value, below, f"{prefix}{name}.")
                changed |= {name: inner} if inner else {}
            elif value == MANDATORY or (value is None and _holds_keys(below)):
                continue
            elif self._is_default(f"{prefix}{name}", value, below):
                self.repeated.append(f"{prefix}{name}")
            else:
                changed[name] = value
        return changed

    def _is_default(self, key: str, value: Any, default: Any) -> bool:
        leaf = self.leaves.get(key)
        return is_same(value, default) or is_same(value, self._scaled(leaf, default))

    def _scaled(self, leaf: Leaf | None, default: Any) -> Any:
        """The default of a length that follows the budget, for the file's own budget."""
        budget = leaf.x_automl.budget if leaf is not None else None
        if budget is None:
            return _ABSENT
        length = get_path(self.given, budget.key, get_path(self.packaged, budget.key, None))
        return scaled_length(default, length, budget.reference) if is_finite(length) else _ABSENT


def _holds_keys(value: Any) -> bool:
    return isinstance(value, Mapping) and bool(value)


def is_same(value: Any, default: Any) -> bool:
    """Whether two values are equal; true is not 1."""
    if isinstance(value, list) and isinstance(default, list):
        pairs = zip(value, default, strict=False)
        return len(value) == len(default) and all(is_same(a, b) for a, b in pairs)
    if isinstance(value, Mapping) and isinstance(default, Mapping):
        return value.keys() == default.keys() and all(is_same(value[k], default[k]) for k in value)
    both_nan = value != value and default != default
    equal = bool(value == default) or both_nan
    return equal and isinstance(value, bool) == isinstance(default, bool)
