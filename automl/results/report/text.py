"""Formats values and durations for the report, and hides secrets."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

HIDDEN: Final = "(hidden)"
_SECRET: Final = re.compile(r"(?i)(password|passwd|secret|token|api_?key|encryption_?key|^key$)")
_SECRET_PAIR: Final = re.compile(
    r"(?i)([\w.]*(?:password|passwd|secret|token|api_?key|encryption_?key)[\w.]*[=: ])(\S+)"
)


def short_text(value: Any) -> str:
    """Return a value as a short text; a dash for a missing one."""
    if value is None or value != value:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.4g}"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def duration(seconds: float) -> str:
    """Return seconds as ``0.4 s``, ``45 s``, ``12 min``, ``3.4 h`` or ``2.1 days``."""
    if 0 < seconds < 9.95:
        return f"{seconds:.1f} s"
    for unit, size, least in (("days", 86400.0, 172800.0), ("h", 3600.0, 5400.0)):
        if seconds >= least:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def signed(value: float | None) -> str:
    """Return a difference with its sign; empty for None."""
    return "" if value is None else f"{value:+.4f}"


def without_secrets(value: Any) -> Any:
    """Return a nested spec with passwords, tokens and keys hidden: reports are shared."""
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if inner and _is_secret(name, inner) else without_secrets(inner)
            for name, inner in value.items()
        }
    return [without_secrets(item) for item in value] if isinstance(value, list) else value


def _is_secret(name: Any, value: Any) -> bool:
    return isinstance(value, str) and bool(_SECRET.search(str(name)))


def command_without_secrets(command: str) -> str:
    """Return a command line with the values of secret options hidden."""
    return _SECRET_PAIR.sub(lambda match: match.group(1) + HIDDEN, command)
