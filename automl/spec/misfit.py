"""Finds where a packaged spec does not fit its packaged schema.

These are warnings: whoever packaged both knows what the trainer takes. A user's values are checked
by :mod:`automl.spec.validate`, whose findings are errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from automl.skill import Schema
from automl.spec.nested import flatten
from automl.spec.rules import MISSING, rule_faults
from automl.spec.unknown import unknown_keys
from automl.spec.validate import MANDATORY

_NO_VALUE: Final = (MANDATORY, None)


def misfits(schema: Schema, packaged: Mapping[str, Any]) -> list[str]:
    """Return one ``key: what is wrong`` line for each packaged value that breaks the schema."""
    unset = frozenset(name for name, value in flatten(packaged).items() if value in _NO_VALUE)
    return [
        *unknown_keys(packaged, schema, schema.defaults()),
        *rule_faults(schema, packaged, unset),
    ]


def missing_keys(lines: Iterable[str]) -> frozenset[str]:
    """Return the keys that the schema requires and the packaged spec lacks."""
    return frozenset(
        line.removesuffix(f": {MISSING}") for line in lines if line.endswith(f": {MISSING}")
    )
