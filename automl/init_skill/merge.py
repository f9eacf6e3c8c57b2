"""Brings what was generated anew into files that the user has edited: what was edited stays."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Final

GONE: Final[Any] = object()


def merge_into(mine: Any, base: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Change ``mine`` in place into what is generated now, except where the user edited it.

    Args:
        mine: the user's mapping, which keeps its order and comments.
        base: what was generated last time.
        new: what is generated now.

    Returns:
        Whether anything of ``mine`` changed.
    """
    changed = False
    for key in [*base, *(key for key in new if key not in base)]:
        changed |= _merge_key(mine, key, base.get(key, GONE), new.get(key, GONE))
    return changed


def _merge_key(mine: MutableMapping[str, Any], key: str, base: Any, new: Any) -> bool:
    have = mine.get(key, GONE)
    if all(isinstance(each, Mapping) for each in (have, new)):
        return merge_into(have, base if isinstance(base, Mapping) else {}, new)
    if not same(have, base) or same(have, new):
        return False  # edited, or as it is to be
    if new is GONE:
        del mine[key]
    else:
        mine[key] = new
    return True


def same(one: Any, other: Any) -> bool:
    """Whether two values say the same; ``1`` and ``true`` are two values."""
    if one is GONE or other is GONE:
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)
