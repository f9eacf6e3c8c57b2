"""What ``automl spec`` leaves out of a spec for another trainer, in lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automl.skill import Schema
from automl.spec.nested import flatten, get_path
from automl.spec.portable import OmittedKey


def left_out_text(left_out: tuple[OmittedKey, ...], schema: Schema, trainer: str) -> Iterator[str]:
    """Yield a line for each value that changes what is trained, and one for all that do not."""
    defaults, idle = schema.defaults(), []
    for each in left_out:
        if each.takes:
            yield (
                f"left out  {each.key} {each.value!r}: {trainer} takes {each.takes};"
                " its default acts in place"
            )
            continue
        changed = _changed(each, defaults)
        idle += [] if changed else [each.key]
        for key, value in changed.items():
            why = f"{trainer} has no such key, so this has no effect there"
            yield f"left out  {key} {value!r}: {why}"
    if idle:
        yield f"left out  {', '.join(idle)}: {trainer} has no such keys; all are at their defaults"


def _changed(each: OmittedKey, defaults: Mapping[str, Any]) -> dict[str, Any]:
    flat = flatten({each.key: each.value})
    return {key: value for key, value in flat.items() if get_path(defaults, key, None) != value}
