"""Reports what jsonschema finds in a spec as lines of dotted path, rule, value and hint."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from automl.skill import Schema
from automl.skill.schema.numbers import is_finite, is_number
from automl.spec.nested import flatten, get_path, merge, unflatten

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError


_VALIDATORS: WeakKeyDictionary[Schema, Draft202012Validator] = WeakKeyDictionary()
_FRAMES_PER_LEVEL = 12
MISSING = "is required and missing"
_REPORTED_ELSEWHERE = frozenset({"additionalProperties", "unevaluatedProperties"})


def rule_faults(
    schema: Schema,
    values: Mapping[str, Any],
    accepted: frozenset[str],
    allow_missing: Collection[str] = (),
) -> Iterator[str]:
    """One line for each rule that a value breaks; values of ``accepted`` leaves are skipped.

    Missing leaves that are mandatory, or named in ``allow_missing``, are no faults here.
    """
    infinite = {key: v for key, v in flatten(values).items() if _is_infinite(v)}
    if infinite:
        values = merge(values, unflatten(dict.fromkeys(infinite, None)))
    validator = _validator(schema)
    from automl.spec.bounded_validator import bounded_work

    with _deep_recursion(schema), bounded_work():
        errors = list(validator.iter_errors(values))
    yield from (
        f"{key}: must be a finite number, is {value!r:.40}"
        for key, value in infinite.items()
        if key not in accepted
    )
    accepted = accepted | infinite.keys()
    absent = _unset(schema, values, allow_missing)
    for error in errors:
        for path, message in _describe(error, schema):
            if path not in accepted and path not in absent and not _inside(path, accepted):
                yield f"{path or '(root)'}: {message}"


def _is_infinite(value: Any) -> bool:
    """Whether a value is infinite, NaN or too large for a float: validators may fail on these."""
    return is_number(value) and not is_finite(value)


def _validator(schema: Schema) -> Draft202012Validator:
    """The compiled validator of a schema; jsonschema is imported when it is first needed."""
    if schema not in _VALIDATORS:
        from automl.spec.bounded_validator import BoundedValidator

        _VALIDATORS[schema] = BoundedValidator(schema.json_schema())
    return _VALIDATORS[schema]


@contextmanager
def _deep_recursion(schema: Schema) -> Iterator[None]:
    """Raise the recursion limit for a deep schema: jsonschema needs several frames per level."""
    depth = max((name.count(".") for name in schema.leaves), default=0)
    before = sys.getrecursionlimit()
    if depth * _FRAMES_PER_LEVEL < before // 2:
        yield
        return
    sys.setrecursionlimit(before + depth * _FRAMES_PER_LEVEL)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def _describe(error: ValidationError, schema: Schema) -> Iterator[tuple[str, str]]:
    path = _dotted(error.absolute_path)
    if error.validator in _REPORTED_ELSEWHERE and path in schema.collections:
        return
    if error.validator == "required":
        yield from _required(error, path)
        return
    if error.validator == "type" and path in schema.collections:
        yield path, f"is a collection, not a parameter: set what it holds, not {error.instance!r}"
        return
    leaf = schema.leaves.get(path)
    rule = _rule(error)
    if error.validator == "enum" and leaf is not None and leaf.bounds.power_of and not leaf.choices:
        rule = f"must be a power of {leaf.bounds.power_of:g}"
    is_what = "" if rule.startswith("breaks") else f", is {error.instance!r:.80}{_hint(error)}"
    yield path, rule + is_what


def _unset(
    schema: Schema, values: Mapping[str, Any], allow_missing: Collection[str]
) -> frozenset[str]:
    """Missing leaves that may be missing, or that another check reports as mandatory."""
    mandatory = (name for name, leaf in schema.leaves.items() if leaf.mandatory)
    names = {*mandatory, *allow_missing}
    return frozenset(name for name in names if get_path(values, name, schema) is schema)


def _required(error: ValidationError, path: str) -> Iterator[tuple[str, str]]:
    needed: Any = error.validator_value
    present: Any = error.instance
    for name in needed:
        if name not in present:
            yield f"{path}.{name}" if path else str(name), MISSING


def _dotted(path: Any) -> str:
    parts = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in path]
    return "".join(parts).removeprefix(".")


def _inside(path: str, accepted: frozenset[str]) -> bool:
    """Whether ``path`` lies below an accepted leaf (a list item, a free mapping's member)."""
    return any(path[:cut] in accepted for cut, letter in enumerate(path) if letter in ".[")


def _rule(error: ValidationError) -> str:
    value: Any = error.validator_value
    if error.validator == "not" and isinstance(value, Mapping) and "enum" in value:
        return f"must not be {', '.join(map(str, value['enum']))}"
    if error.validator in ("anyOf", "oneOf") and error.context:
        return " or ".join(dict.fromkeys(_rule(inner) for inner in error.context))
    words = _WORDS.get(str(error.validator))
    if words is None:
        return f"breaks {error.validator}: {error.message:.200}"
    if error.validator == "enum" and len(value) > _MAX_LISTED:
        return f"must be one of {len(value)} values such as {value[0]!r}"
    listed = (
        ", ".join(" ".join(str(one).split()) for one in value) if isinstance(value, list) else ""
    )
    return words.format(listed or value)


_MAX_LISTED = 30
_WORDS = {
    "type": "must be of type {}",
    "enum": "must be one of: {}",
    "const": "must be {!r}",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be greater than {}",
    "exclusiveMaximum": "must be less than {}",
    "multipleOf": "must be a multiple of {}",
    "minItems": "must have at least {} items",
    "maxItems": "must have at most {} items",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "pattern": "must match {}",
    "uniqueItems": "must have distinct items",
}


def _hint(error: ValidationError) -> str:
    """How to write a text that was read as something else; empty for other faults."""
    value: Any = error.instance
    scalar = not isinstance(value, list | dict | None)
    wants_text = error.validator == "type" and "string" in _listed(error.validator_value)
    return " (no text); put it in quotes" if scalar and wants_text else ""


def _listed(words: Any) -> list[Any]:
    return words if isinstance(words, list) else [words]
