"""Finds where a packaged spec does not fit its packaged schema.

These are warnings: whoever packaged both knows what the trainer takes. A user's values are checked
by :mod:`automl.spec.validate`, whose findings are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from automl.skill import Leaf, Schema
from automl.spec.nested import flatten, get_path
from automl.spec.rules import MISSING, rule_faults
from automl.spec.unknown import unknown_keys
from automl.spec.validate import MANDATORY

_NO_VALUE: Final = (MANDATORY, None)


def misfits(schema: Schema, packaged: Mapping[str, Any]) -> list[str]:
    """Return one ``key: what is wrong`` line for each packaged value that breaks the schema."""
    unset = frozenset(name for name, value in flatten(packaged).items() if value in _NO_VALUE)
    lacking = [name for name, leaf in schema.leaves.items() if _is_lacking(leaf, packaged)]
    return [
        *unknown_keys(packaged, schema, schema.defaults()),
        *rule_faults(schema, packaged, unset),
        *(f"{name}: {MISSING}" for name in lacking),
    ]


def _is_lacking(leaf: Leaf, packaged: Mapping[str, Any]) -> bool:
    """Whether the spec has the section of a mandatory leaf, and not the leaf."""
    section = leaf.name.rpartition(".")[0]
    inside = not section or isinstance(get_path(packaged, section, None), Mapping)
    return leaf.mandatory and inside and get_path(packaged, leaf.name, leaf) is leaf


def missing_keys(lines: Iterable[str]) -> frozenset[str]:
    """Return the keys that the schema requires and the packaged spec lacks."""
    return frozenset(
        line.removesuffix(f": {MISSING}") for line in lines if line.endswith(f": {MISSING}")
    )
