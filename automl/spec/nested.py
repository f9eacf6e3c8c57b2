"""Nested specs: plain dictionaries of dictionaries, addressed by dotted keys.

A key may index lists: ``train_data_sources[0].image_dir``. Values are plain Python containers.
A mapping of numbers, such as ``class_map: {0: car}``, keeps them: ``class_map.0`` means 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_STEP = re.compile(r"([^\[\]]*)((?:\[\d+\])*)$")
_NO_NAME = re.compile(r"[-\d.]|True$|False$|None$|inf$|nan$")
_RAISE: Any = object()


def split_key(key: str) -> list[str | int]:
    """``"a[0].b"`` as ``["a", 0, "b"]``; KeyError when the brackets do not match."""
    if "[" not in key and "]" not in key:
        return list(key.split("."))
    steps: list[str | int] = []
    for part in key.split("."):
        match = _STEP.match(part)
        if match is None:
            raise KeyError(f"{key!r}: brackets hold a list index, such as sources[0].path")
        steps += [match[1]] if match[1] else []
        steps += [int(index) for index in re.findall(r"\d+", match[2])]
    return steps


def get_path(values: Mapping[str, Any], key: str, default: Any = _RAISE) -> Any:
    """The value at the dotted key; ``default`` (else KeyError) where there is none."""
    place: Any = values
    for step in split_key(key):
        try:
            place = place[own_key(place, step)]
        except (KeyError, IndexError, TypeError):
            if default is _RAISE:
                raise KeyError(key) from None
            return default
    return place


def values_at(values: Mapping[str, Any], key: str) -> list[Any]:
    """The values at a dotted key in which ``[*]`` stands for every entry of a list.

    A list at its end counts as its entries. Empty where there is none.
    """
    head, star, rest = key.partition("[*]")
    found = get_path(values, head, None)
    if not star:
        return found if isinstance(found, list) else [] if found is None else [found]
    entries = found if isinstance(found, list) else []
    below = rest.removeprefix(".")
    return [each for entry in entries for each in (values_at(entry, below) if below else [entry])]


def set_path(values: dict[str, Any], key: str, value: Any) -> None:
    """Set the value at the dotted key in place and create missing mappings.

    KeyError when the key leads through a scalar or beyond the end of a list.
    """
    *way, last = split_key(key)
    place: Any = values
    for step in way:
        if isinstance(place, dict) and place.get(name := own_key(place, str(step))) is None:
            place[name] = {}
        place = _member(place, step, key)
    if isinstance(place, list) and isinstance(last, int) and last < len(place):
        place[last] = value
    elif isinstance(place, dict):
        place[own_key(place, str(last))] = value
    else:
        raise KeyError(f"{key!r}: {type(place).__name__} has no member {last!r}")


def _member(place: Any, step: str | int, key: str) -> Any:
    try:
        return place[own_key(place, step)]
    except (KeyError, IndexError, TypeError):
        raise KeyError(f"{key!r}: there is no {step!r} in a {type(place).__name__}") from None


def own_key(place: Any, name: Any) -> Any:
    """``name`` as the mapping ``place`` writes it: a number or a date where its text is meant."""
    if not isinstance(name, str) or not _NO_NAME.match(name):
        return name  # most names: nothing is searched
    if not isinstance(place, Mapping) or name in place:
        return name
    return next((key for key in place if not isinstance(key, str) and str(key) == name), name)


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """A new spec of ``base`` and ``over``: mappings are merged, other values of ``over`` win."""
    merged = {key: copy_plain(value) for key, value in base.items()}
    keys: Iterable[Any] = base
    odd = {str(key): key for key in keys if not isinstance(key, str)}
    for name, value in over.items():
        key = name if name in merged else odd.get(name, name)
        below = merged.get(key)
        if isinstance(value, Mapping) and isinstance(below, dict):
            merged[key] = merge(below, value)
        else:
            merged[key] = copy_plain(value)
    return merged


def without_empty_sections(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` without what is null where ``base`` holds keys: ``train:`` and nothing below."""
    kept: dict[str, Any] = {}
    for key, value in values.items():
        below = base.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            kept[key] = without_empty_sections(value, below)
        elif value is not None or not (isinstance(below, Mapping) and below):
            kept[key] = value
    return kept


def copy_plain(value: Any) -> Any:
    """A copy of nested mappings and lists; other values are shared."""
    if isinstance(value, Mapping):
        return {key: copy_plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [copy_plain(member) for member in value]
    return value


def flatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """Dotted key -> value of every leaf; lists and empty mappings are leaves."""
    return dict(_leaves(values, ""))


def _leaves(values: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def unflatten(values: Mapping[str, Any]) -> dict[str, Any]:
    """The nested spec of dotted keys; KeyError when one key is both a leaf and a mapping."""
    nested: dict[str, Any] = {}
    for key, value in values.items():
        set_path(nested, key, value)
    return nested
