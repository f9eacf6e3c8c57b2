"""Finds the spec key that a user means, and parses overrides (``key=value``)."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from automl.bounded_yaml import load_yaml
from automl.errors import SpecError

_NEAREST = 3
_MEMBERS = 5


def resolve_key(name: str, known: Collection[str], shorthand: Mapping[str, str]) -> str:
    """The dotted key that ``name`` stands for.

    Tried in this order: the full key, a shorthand, a unique suffix at a dot (``optim.base_lr``),
    each perhaps with a list index behind it (``lr_steps[0]``). A key below a known leaf (a
    free-form mapping's member) counts as known.

    Raises:
        SpecError: unknown or ambiguous; the nearest names are offered.
    """
    if name in known:
        return name
    if name in shorthand:
        return shorthand[name]
    matches = sorted(key for key in known if key.endswith(f".{name}"))
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise SpecError(f"key {name!r} is ambiguous; write one of: {', '.join(matches)}")
    head, bracket, index = name.partition("[")
    if bracket:
        return f"{resolve_key(head, known, shorthand)}[{index}"
    if _below_known(name, known):
        return name
    members = sorted(key for key in known if f".{name}." in f".{key}")
    if members:
        shown = ", ".join(members[:_MEMBERS]) + (", ..." if members[_MEMBERS:] else "")
        raise SpecError(f"key {name!r} is a collection, not a parameter; it holds {shown}")
    raise SpecError(f"unknown key {name!r}{suggestion(name, [*known, *shorthand])}")


def _below_known(name: str, known: Collection[str]) -> bool:
    """Whether ``name`` is a further step into a known leaf."""
    return any(name[:cut] in known for cut, letter in enumerate(name) if letter == ".")


def suggestion(name: str, known: Iterable[str]) -> str:
    """``"; did you mean a, b?"`` with the nearest known keys; empty where none is near."""
    near = nearest(name, known)
    return f"; did you mean {', '.join(near)}?" if near else ""


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Up to three known keys whose last part resembles that of ``name`` or contains it."""
    by_last: dict[str, list[str]] = {}
    for key in known:
        by_last.setdefault(key.rpartition(".")[2].lower(), []).append(key)
    last = name.rpartition(".")[2].lower()
    ends = difflib.get_close_matches(last, by_last, n=_NEAREST, cutoff=0.6)
    ends += [end for end in by_last if f"_{last}_" in f"_{end}_"]
    candidates = list(dict.fromkeys(key for end in ends for key in by_last[end]))
    score = difflib.SequenceMatcher(None, "", name)

    def likeness(key: str) -> float:
        score.set_seq1(key)
        return -score.ratio()

    return sorted(candidates, key=likeness)[:_NEAREST]


@dataclass(frozen=True)
class ParsedText:
    """A value of ``--set KEY=TEXT`` where a key that takes text means the text: 007, on, a #1."""

    value: Any
    text: str

    @property
    def is_odd(self) -> bool:
        """Whether YAML reads a number that nobody meant: 8 in ``010``, 90 in ``1:30``."""
        numbered = isinstance(self.value, int | float)
        return numbered and bool(re.fullmatch(r"[-+]?0[\d_]+|[^:]*:.*", self.text))


def parse_override(text: str) -> tuple[str, Any]:
    """Parse ``"train.optim.base_lr=0.001"``; the value is YAML; SpecError for another form.

    Nothing behind the sign is an empty text: null is written ``null``. What YAML cannot read and
    opens no bracket, quote or tag, such as ``*.jpg``, is a text.
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(f"override {text!r} must be key=value")
    try:
        return key.strip(), _parsed(value.strip())
    except yaml.YAMLError as exc:
        raise SpecError(f"override {key.strip()!r}: the value is not valid YAML; quote it") from exc


def _parsed(text: str) -> Any:
    try:
        value = load_yaml(text) if text else ""
    except yaml.YAMLError:
        if text[0] in "[{\"'!":
            raise
        return text
    quoted = text[:1] in ("'", '"')
    plain = isinstance(value, list | dict) or quoted or value == text
    return value if plain else ParsedText(value, text)
