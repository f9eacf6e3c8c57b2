"""One override as a user writes it: ``key=value``, the value parsed as YAML."""

from __future__ import annotations

from typing import Any

import yaml

from automl.errors import SpecError


def parse_override(text: str) -> tuple[str, Any]:
    """``"train.optim.base_lr=0.001"`` as ``("train.optim.base_lr", 0.001)``; SpecError if not."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise SpecError(f"override {text!r} must be key=value")
    try:
        return key.strip(), yaml.safe_load(value)
    except yaml.YAMLError as exc:
        raise SpecError(f"override {key.strip()!r}: the value is not valid YAML; quote it") from exc
