"""Counts in the data of a run what limits its parameters: files, lines, items, or the skill's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from automl.skill import Skill
from automl.skill.schema.count_limit import FILES, ITEMS, KINDS, ROWS, CountLimit
from automl.space.builder.count_limits import Counter
from automl.spec.nested import values_at
from automl.trial.worker.entrypoint import load_entrypoint

_LARGEST: Final = 2 * 2**30  # bytes of a JSON file that is read whole


def data_counter(skill: Skill, spec: Mapping[str, Any]) -> Counter:
    """Return what counts in the data of ``spec``, which are on this machine.

    It never fails: where something cannot be counted, it returns why. The checks of the data that
    follow say what is wrong with them.
    """

    def count(limit: CountLimit) -> int | str:
        try:
            if limit.count not in KINDS:
                return _of_skill(skill, limit.count, spec)
            found = [_of_file(limit, Path(str(each))) for each in values_at(spec, limit.of or "")]
            return next((why for why in found if isinstance(why, str)), sum(map(int, found)))
        except Exception as error:  # a foreign function's errors share no base with ours
            return f"{type(error).__name__}: {error}"

    return count


def _of_skill(skill: Skill, function: str, spec: Mapping[str, Any]) -> int | str:
    found = load_entrypoint(function, skill.directory, "count")(dict(spec))
    if type(found) is int and found >= 0:
        return found
    return f"{function} returned {found!r:.40}, no count"


def _of_file(limit: CountLimit, place: Path) -> int | str:
    if not place.exists():
        return f"{limit.of} {place} does not exist"
    if limit.count == FILES:
        return sum(path.is_file() for path in place.rglob(limit.match or "*"))
    if limit.count == ITEMS:
        return _items(place, limit.match)
    with place.open(errors="replace") as lines:
        count = sum(bool(line.strip()) for line in lines)
    return max(count - 1, 0) if limit.count == ROWS else count


def _items(place: Path, key: str | None) -> int | str:
    if place.stat().st_size > _LARGEST:
        return f"{place} is too large to be read"
    content = json.loads(place.read_bytes())
    for part in key.split(".") if key else ():
        content = content[part]
    return len(content) if isinstance(content, list) else f"{place}: {key or 'it'} is no list"
