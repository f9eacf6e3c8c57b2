"""Compiles a schema's regular expressions and searches with a time limit: schemas are untrusted."""

from __future__ import annotations

from typing import Any, Final

import regex

_LONGEST: Final = 10_000


def is_pattern(value: Any) -> bool:
    """Whether ``value`` is a regular expression that can be compiled."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        return False
    try:
        regex.compile(value)
    except (regex.error, OverflowError, RecursionError, ValueError):
        return False
    return True


def is_found(pattern: str, text: str, seconds: float) -> bool:
    """Whether ``pattern`` matches anywhere in ``text``.

    Raises:
        TimeoutError: that takes longer than ``seconds`` of the processor.
    """
    return regex.search(pattern, text, timeout=max(seconds, 1e-3)) is not None
