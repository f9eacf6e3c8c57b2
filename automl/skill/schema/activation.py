"""``active_when``: the alternative conditions under which a leaf exists; one of them must hold.

An alternative is a conjunction: dotted key -> the values that it may have. A single alternative is
written as the mapping itself, several as a list of mappings.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

Conjunction = Mapping[str, tuple[Any, ...]]
Alternatives = tuple[Conjunction, ...]
"""Any of these; none at all: always."""


def read_alternatives(value: Any) -> Alternatives:
    """Read ``active_when`` as a schema writes it; ValueError says what is wrong with it."""
    if not isinstance(value, list):
        return (_conjunction(value, ""),)
    if not value:
        raise ValueError("must be a mapping or a list of mappings, is an empty list")
    return tuple(_conjunction(one, f"alternative {i}: ") for i, one in enumerate(value, start=1))


def _conjunction(value: Any, where: str) -> Conjunction:
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"{where}must map dotted keys to lists of values, is {value!r:.80}")
    for key, allowed in value.items():
        if allowed == []:
            raise ValueError(f"{where}{key} may have no value at all; list at least one")
        if any(map(_is_nan, allowed if isinstance(allowed, list) else [allowed])):
            raise ValueError(f"{where}{key} may be NaN, which no value is equal to; leave it out")
    return {
        str(key): tuple(allowed) if isinstance(allowed, list) else (allowed,)
        for key, allowed in value.items()
    }


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def to_json(alternatives: Alternatives) -> dict[str, Any] | list[dict[str, Any]]:
    """The alternatives as a schema writes them; :func:`read_alternatives` reads them back."""
    written = [{key: list(allowed) for key, allowed in one.items()} for one in alternatives]
    return written[0] if len(written) == 1 else written


def names_of(alternatives: Alternatives) -> tuple[str, ...]:
    """Every key that a condition names, once."""
    return tuple(dict.fromkeys(key for one in alternatives for key in one))


def holds(alternatives: Alternatives, lookup: Callable[[str], Any]) -> bool:
    """Whether one alternative holds, or there is none; ``lookup`` gives a key's value."""
    if not alternatives:
        return True
    return any(
        all(is_among(lookup(key), allowed) for key, allowed in one.items()) for one in alternatives
    )


def is_among(value: Any, allowed: tuple[Any, ...]) -> bool:
    """Whether ``value`` is one of the ``allowed``; ``timm:*`` is any text that begins so."""
    return any(same_value(value, one) or _begins_so(value, one) for one in allowed)


def _begins_so(value: Any, one: Any) -> bool:
    return (
        isinstance(value, str)
        and isinstance(one, str)
        and one.endswith("*")
        and value.startswith(one[:-1])
    )


def same_value(one: Any, other: Any) -> bool:
    """Equality that tells ``True`` from ``1`` (but not ``1`` from ``1.0``)."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def in_words(alternatives: Alternatives) -> str:
    """The condition in words: ``a is 1 or 2 and b is true, or c is x``."""
    return ", or ".join(
        " and ".join(f"{key} is {' or '.join(map(_word, allowed))}" for key, allowed in one.items())
        for one in alternatives
    )


def _word(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
