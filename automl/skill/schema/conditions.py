"""Parses ``math_cond`` and ``depends_on``, the conditions of TAO's schemas.

``math_cond`` is a conjunction of clauses: an operator and either a number or the word
``depends_on``, which stands for every leaf named by ``depends_on``. A name in ``depends_on`` may
carry its own operator in front.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from automl.skill.schema.relation import MULTIPLE, Relation

PARENT = "depends_on"
_OPERATOR = r"(?P<op>>=|<=|==|!=|>|<|=|/|%|\^)"
_CLAUSE = re.compile(rf"\s*(?:,|;|&&?|and\b)?\s*{_OPERATOR}\s*(?P<operand>[^\s,;&<>=!/%^]+)\s*")
_NAME = re.compile(rf"\s*{_OPERATOR}?\s*(?P<name>[^\s<>=!/%^]+)\s*$")
_SAME = {"=": "==", "%": "/"}


@dataclass(frozen=True, slots=True)
class Clause:
    """One operator with its operand; ``operand`` is None where the parent is meant."""

    op: str
    operand: float | None


@dataclass(frozen=True, slots=True)
class ParentReference:
    """One entry of ``depends_on``; ``op`` is None for a bare name (it is only drawn first)."""

    name: str
    op: str | None = None


def parse_math_cond(text: Any) -> tuple[Clause, ...]:
    """Parse a ``math_cond``; empty for null or blank; ValueError if not understood."""
    if text is None or (isinstance(text, str) and not text.strip()):
        return ()
    if not isinstance(text, str):
        raise ValueError(f"must be a string such as '> 0 <= 1', is {text!r}")
    return tuple(_clauses(text))


def _clauses(text: str) -> Iterator[Clause]:
    position = 0
    while position < len(text):
        match = _CLAUSE.match(text, position)
        if match is None:
            raise ValueError(f"{text!r} is not understood at {text[position:]!r}")
        operator = match["op"]
        yield Clause(_SAME.get(operator, operator), _operand(match["operand"]))
        position = match.end()


def _operand(word: str) -> float | None:
    if word == PARENT:
        return None
    try:
        value = float(word)
    except ValueError:
        raise ValueError(f"{word!r} is neither a number nor {PARENT!r}") from None
    if not math.isfinite(value):
        raise ValueError(f"{word!r} is not a finite number")
    return value


def parse_depends_on(value: Any) -> tuple[ParentReference, ...]:
    """Parse ``depends_on``: a name, names with commas between, or a list of names."""
    if value is None:
        return ()
    entries = value.split(",") if isinstance(value, str) else value
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise ValueError(f"must name leaves, is {value!r}")
    return tuple(_parent(entry) for entry in entries if entry.strip())


def _parent(entry: str) -> ParentReference:
    match = _NAME.match(entry)
    if match is None:
        raise ValueError(f"{entry!r} is not understood: [operator] dotted.name")
    operator = match["op"]
    if operator == "^":
        raise ValueError(f"{entry!r}: a power of another parameter is not supported")
    return ParentReference(match["name"], _SAME.get(operator, operator) if operator else None)


def relations(
    clauses: tuple[Clause, ...], parents: tuple[ParentReference, ...]
) -> tuple[Relation, ...]:
    """Return the relations to each parent, from the clauses and the operators before the names.

    ``/ depends_on`` and ``/ name``: a multiple of the parent. ``/ 2`` beside a bare ``depends_on``:
    at most half the parent.
    """
    found: list[Relation] = []
    for parent in parents:
        if parent.op is not None:
            found.append(Relation(parent.name, _relative(parent.op)))
            continue
        found += [Relation(parent.name, _relative(c.op)) for c in clauses if c.operand is None]
        found += [
            Relation(parent.name, "<=", c.operand) for c in clauses if c.op == "/" and c.operand
        ]
    return tuple(found)


def absolute(
    clauses: tuple[Clause, ...], parents: tuple[ParentReference, ...]
) -> Iterator[tuple[str, float]]:
    """The clauses on the value itself; ``/ k`` is one unless it belongs to a bare parent."""
    shared = any(parent.op is None for parent in parents)
    for clause in clauses:
        if clause.operand is not None and not (clause.op == "/" and shared):
            yield clause.op, clause.operand


def _relative(operator: str) -> str:
    return MULTIPLE if operator == "/" else operator
