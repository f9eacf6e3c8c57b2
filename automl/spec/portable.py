"""Cuts a spec down to what another trainer with the same keys accepts.

A schema marks where the other accepts less than its own trainer: the word ``x_tao`` of a parameter
or a section, for NVIDIA TAO, holds a JSON Schema; ``false`` means that TAO has no such key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from jsonschema import ValidationError

TARGETS: Final[Mapping[str, str]] = {"tao": "TAO"}
"""The other trainers that a schema may have marks for, and what they are called."""

_TAKES: Final = {
    "const": "only {!r}",
    "minimum": "at least {!r}",
    "maximum": "at most {!r}",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
}


@dataclass(frozen=True)
class OmittedKey:
    """A key or a section that the other trainer does not take.

    ``takes``: what it takes in place of ``value``; empty where it has no such key.
    """

    key: str
    value: Any
    takes: str = ""


def has_marks(node: Mapping[str, Any], target: str) -> bool:
    """Whether a schema document, or a node of it, has a mark for the other trainer."""
    return f"x_{target}" in node or any(has_marks(n, target) for n in _properties(node).values())


def portable_spec(
    values: Mapping[str, Any], document: Mapping[str, Any], target: str
) -> tuple[dict[str, Any], tuple[OmittedKey, ...]]:
    """The part of a nested spec that ``target`` accepts, and what is left out.

    ``document``: the schema of the spec's action.
    """
    left_out: list[OmittedKey] = []
    return _kept(values, document, f"x_{target}", "", left_out), tuple(left_out)


def _kept(
    values: Mapping[str, Any],
    node: Mapping[str, Any],
    word: str,
    prefix: str,
    left_out: list[OmittedKey],
) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    nodes = _properties(node)
    for name, value in values.items():
        key, child = f"{prefix}{name}", nodes.get(name, {})
        known = name in nodes or node.get("additionalProperties", True) is not False
        mark = child.get(word, known)
        if mark is False:
            left_out.append(OmittedKey(key, value))
        elif takes := _takes_instead(value, mark):
            left_out.append(OmittedKey(key, value, takes))
        elif isinstance(value, Mapping) and _properties(child):
            kept[name] = _kept(value, child, word, f"{key}.", left_out)
        else:
            kept[name] = value
    return kept


def _properties(node: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    found = node.get("properties")
    nodes = found.items() if isinstance(found, Mapping) else ()
    return {name: child for name, child in nodes if isinstance(child, Mapping)}


def _takes_instead(value: Any, mark: Any) -> str:
    """What the other trainer takes where it refuses ``value``; empty where it takes that."""
    if not isinstance(mark, Mapping):
        return ""
    from jsonschema import Draft202012Validator

    return ", ".join(map(_words, Draft202012Validator(mark).iter_errors(value)))


def _words(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "enum":
        return f"one of {', '.join(map(str, wanted))}"
    words = _TAKES.get(str(error.validator))
    return words.format(wanted) if words else error.message
