"""Nested specs of actions: how they are put together, addressed, checked and filled in."""

from automl.spec.build import ResolvedSpec, build_spec
from automl.spec.keys import parse_override, resolve_key
from automl.spec.validate import validate_spec

__all__ = ["ResolvedSpec", "build_spec", "parse_override", "resolve_key", "validate_spec"]
