"""Finds the spec key that holds the seed of a training, which a confirmation gives fresh values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from automl.errors import InputError
from automl.spec.nested import flatten, get_path
from automl.spec.sections import foreign_sections

_NAMES: Final = ("seed", "random_seed", "manual_seed")
_REMEDY: Final = "name the key as seed_spec_key in references/skill_info.yaml"


def find_seed_key(named: str | None, action: str, spec: Mapping[str, Any]) -> str:
    """Return the key of the seed: ``named``, else the only one in the spec that is called so.

    ``seed`` in the section of the action, or at the top, comes before others; those in sections of
    other actions do not count.

    Raises:
        InputError: no key or several could be it, or it holds no whole number.
    """
    key = named or _only_seed(action, spec)
    value = get_path(spec, key, None)
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(
            f"--confirm needs a seed in the spec, and {key} holds {value!r}: {_REMEDY}, or set it"
            " to a whole number"
        )
    return key


def _only_seed(action: str, spec: Mapping[str, Any]) -> str:
    paths = {key: key.split(".") for key in flatten(spec)}
    foreign = foreign_sections((part for path in paths.values() for part in path[:-1]), action)
    own = {k: path for k, path in paths.items() if foreign.isdisjoint(map(str.lower, path[:-1]))}
    for name in _NAMES:
        found = [key for key, path in own.items() if path[-1].lower() == name]
        first = [key for key in (f"{action}.{name}", name) if key in found]
        if first or len(found) == 1:
            return (first or found)[0]
        if found:
            listed = ", ".join(found)
            raise InputError(f"--confirm needs one seed, and {listed} could be it: {_REMEDY}")
    return f"{action}.seed"
