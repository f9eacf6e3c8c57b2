"""Nested specs: precedence, overrides, keys, validation, inferred values (DESIGN section 4)."""

from automl.spec.build import ResolvedSpec, build_spec
from automl.spec.keys import parse_override, resolve_key
from automl.spec.validate import validate_spec

__all__ = ["ResolvedSpec", "build_spec", "parse_override", "resolve_key", "validate_spec"]
