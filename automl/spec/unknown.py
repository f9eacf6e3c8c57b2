"""Finds keys of a spec that are neither in the schema nor in the packaged values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automl.skill import Schema
from automl.spec.keys import suggestion
from automl.spec.nested import flatten, own_key


def unknown_keys(
    values: Mapping[str, Any], schema: Schema | None, packaged: Mapping[str, Any]
) -> list[str]:
    """One line for each unknown key, with the nearest known ones.

    Below a free-form leaf and in an open collection every key is known.
    """
    flat = flatten(packaged)
    leaves = schema.leaves if schema else {}
    found = list(_walk(values, "", schema, packaged))
    known = {**flat, **leaves} if found else {}
    return [f"{key}: unknown key{suggestion(key, known)}" for key in found]


def _walk(
    values: Mapping[str, Any], prefix: str, schema: Schema | None, packaged: Any
) -> Iterator[str]:
    for name, value in values.items():
        key = f"{prefix}.{name}" if prefix else str(name)
        own = own_key(packaged, name)
        below = packaged.get(own) if isinstance(packaged, Mapping) else None
        if schema is not None and key in schema.collections:
            if isinstance(value, Mapping):
                yield from _walk(value, key, schema, below)
        elif schema is not None and key in schema.leaves:
            continue
        elif isinstance(packaged, Mapping) and own in packaged:
            if isinstance(value, Mapping) and isinstance(below, Mapping) and below:
                yield from _walk(value, key, schema, below)
        elif schema is None or (_is_closed(schema, prefix) and not _has_elements(schema, key)):
            yield key


def _has_elements(schema: Schema, key: str) -> bool:
    """Whether the schema names elements of the list ``key``."""
    return any(name.startswith(f"{key}[") for name in schema.leaves)


def _is_closed(schema: Schema, name: str) -> bool:
    collection = schema.collections.get(name)
    return collection is None or collection.closed
