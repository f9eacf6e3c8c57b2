"""Finds what a user gives by key, and refuses two spellings of one key: ``lr`` and ``optim.lr``."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from automl.errors import SpecError
from automl.spec.nested import get_path

_ABSENT: Any = object()


def by_key(
    given: Mapping[str, Any], keys_of: Callable[[str, Any], Mapping[str, Any]]
) -> dict[str, Any]:
    """Dotted key -> value of what a user gives by name.

    Args:
        given: name -> value; of a ``ChainMap``, whose first mapping wins, each mapping may spell a
            key in its own way (options of the command line over those of a config file).
        keys_of: returns the dotted keys that a name and its value stand for, with their values.

    Raises:
        SpecError: two names in one mapping say a value of the same key.
    """
    found: dict[str, Any] = {}
    for layer in reversed(given.maps) if isinstance(given, ChainMap) else (given,):
        said = [(name, keys_of(name, value)) for name, value in layer.items()]
        _refuse_twice([(name, key, item) for name, keys in said for key, item in keys.items()])
        over = {key: item for _, keys in said for key, item in keys.items()}
        lists = tuple(f"{key}[" for key in over)  # in place of which elements were set
        found = {key: item for key, item in found.items() if not key.startswith(lists)} | over
    return found


def _refuse_twice(said: list[tuple[str, str, Any]]) -> None:
    for (one, key, value), (other, again, more) in combinations(said, 2):
        if one is not other and (_says(key, value, again) or _says(again, more, key)):
            place = max(key, again, key=len)
            raise SpecError(f"{one!r} and {other!r} both say {place}: give it once")


def _says(whole: str, value: Any, key: str) -> bool:
    """Whether the value of the key ``whole`` holds one for ``key``: the same, or inside it."""
    if key == whole:
        return True
    step = key.removeprefix(whole)
    if step == key or step[0] not in ".[" or not isinstance(value, Mapping | list):
        return False
    try:
        return get_path({"value": value}, f"value{step}", _ABSENT) is not _ABSENT
    except KeyError:
        return False


def leaves_in(key: str, value: Any, known: Collection[str]) -> Iterator[tuple[str, Any]]:
    """Each leaf that ``value`` sets where ``key`` may be a collection: a known key is a leaf."""
    if isinstance(value, Mapping) and value and key not in known:
        for name, member in value.items():
            yield from leaves_in(f"{key}.{name}", member, known)
    else:
        yield key, value


def once(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a mapping; SpecError if a key comes twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise SpecError(f"{key} is said twice: give it once")
        found[key] = value
    return found


def holds_dots(values: Mapping[str, Any]) -> bool:
    """Whether a dot is part of a name somewhere in these nested values."""
    below = (value for value in values.values() if isinstance(value, Mapping))
    return any("." in str(name) for name in values) or any(map(holds_dots, below))


def undotted(given: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """A spec file's values with ``train.optim.lr: 1`` in its place, in the section ``train``.

    A name with a dot that means no known key stays as it is.

    Raises:
        SpecError: a key is there in both forms.
    """
    sections = {key[:end] for key in known for end, letter in enumerate(key) if letter == "."}
    return _undotted(given, "", known, sections)


def _undotted(
    given: Mapping[Any, Any], prefix: str, known: Collection[str], sections: Collection[str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and key not in known:
            value = _undotted(value, f"{key}.", known, sections)
        dotted = isinstance(name, str) and (key in known or key in sections)
        way = name.split(".") if dotted else [name]
        _place(found, way, value, key)
    return found


def _place(found: dict[str, Any], way: Sequence[str], value: Any, key: str) -> None:
    """Add a value, or the members of a section to those that are there."""
    name, *further = way
    if further:
        value = {".".join(further): value}
    if name not in found and not further:
        found[name] = value
    elif isinstance(below := found.setdefault(name, {}), dict) and isinstance(value, Mapping):
        for inner, member in value.items():
            _place(below, further or [inner], member, key if further else f"{key}.{inner}")
    else:
        raise SpecError(f"{key} is said twice: give it once")
