"""Draws complete specs from a space, reproducibly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from automl.space.space import Space
from automl.space.suggest import RandomSuggest


def sample(
    space: Space, base: Mapping[str, Any], n: int, seed: int
) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """``n`` pairs of (dotted parameters, nested spec); the same seed gives the same draws."""
    suggest = RandomSuggest(seed)
    for _ in range(n):
        params = space.draw(suggest, base)
        yield params, space.apply(params, base)
