"""A JSON Schema validator with limits on CPU time and followed references: for untrusted schemas.

For one spec all patterns together get :data:`SECONDS` of CPU time, and :data:`REFERENCES`
references are followed; what needs more is an error. All other work is bounded by the sizes of
schema and spec.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from automl.errors import SpecError
from automl.skill.patterns import is_found

SECONDS: Final = 2.0
REFERENCES: Final = 20_000


class _Budget:
    """What one validation may still take."""

    def __init__(self) -> None:
        self.seconds = SECONDS
        self.references = REFERENCES


_BUDGET: ContextVar[_Budget] = ContextVar("budget")


@contextmanager
def bounded_work() -> Iterator[None]:
    """Give the validations of the block one budget together; SpecError once it is used up."""
    token = _BUDGET.set(_Budget())
    try:
        yield
    except RecursionError:
        raise SpecError(
            "the schema refers to itself without an end, or is nested too deeply: flatten it"
        ) from None
    finally:
        _BUDGET.reset(token)


def _matches(pattern: str, text: str) -> bool:
    budget, start = _BUDGET.get(), time.process_time()
    try:
        return is_found(pattern, text, budget.seconds)
    except TimeoutError:
        raise SpecError(
            f"the schema's pattern {pattern!r:.60} takes too long on the value {text!r:.40}:"
            " simplify the pattern: avoid a repetition inside a repetition"
        ) from None
    finally:
        budget.seconds -= time.process_time() - start


def _pattern(validator: Any, pattern: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not _matches(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, schema: Any
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, inner in patterns.items():
        for key, value in instance.items():
            if _matches(pattern, str(key)):
                yield from validator.descend(value, inner, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, allowed: Any, instance: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not validator.is_type(instance, "object"):
        return
    known, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    others = (key for key in instance if key not in known)
    extras = [key for key in others if not any(_matches(p, str(key)) for p in patterns)]
    if isinstance(allowed, Mapping):
        for extra in extras:
            yield from validator.descend(instance[extra], allowed, path=extra)
    elif not allowed and extras:
        names, verb = ", ".join(map(repr, extras)), "was" if len(extras) == 1 else "were"
        yield ValidationError(f"Additional properties are not allowed ({names} {verb} unexpected)")


def _reference(validator: Any, ref: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    budget = _BUDGET.get()
    budget.references -= 1
    if budget.references < 0:
        raise SpecError(
            f"the schema's references lead to more than {REFERENCES} checks of one spec:"
            f" write {ref!r:.60} out, or refer to it less often"
        )
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, ref, instance, schema)


BoundedValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional_properties,
        "$ref": _reference,
    },
)
