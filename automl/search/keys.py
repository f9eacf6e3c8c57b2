"""Configurations as keys, by which a study knows what was tried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from automl.search.grid import shuffled_grid
from automl.space import Space

VALUES: Final = "values"
"""The user attribute of a trial that holds its configuration."""
Key = tuple[tuple[str, str], ...]


def repeats_at_end(keys: Sequence[Key | None]) -> int:
    """Count the configurations at the end that occurred before; None is a half written one."""
    whole = [key for key in keys if key is not None]
    first = {key: place for place, key in reversed(list(enumerate(whole)))}
    return len(whole) - 1 - max(first.values(), default=-1)


def keyed_grid(space: Space, base: Mapping[str, Any], seed: int) -> dict[Key, dict[str, Any]]:
    """Return every configuration of a finite space by its key, shuffled by the seed."""
    return {space.canonical(values): values for values in shuffled_grid(space, base, seed)}
