"""Reads a secret that a spec names as ``env:NAME``, so that no file holds it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final

_REFERENCE: Final = re.compile(r"env:(\w+)")


def from_environment(value: str, environ: Mapping[str, str] | None = None) -> str:
    """Return what ``env:NAME`` stands for, the variable's value; any other text as it is.

    Raises LookupError with what is wrong if the variable is not set, or empty.
    """
    named = _REFERENCE.fullmatch(value)
    if named is None:
        return value
    found = (os.environ if environ is None else environ).get(named[1], "")
    if not found:
        raise LookupError(f"{value!r} names an environment variable that is not set")
    return found
