"""Finds the blanks of a packaged template: ``<out_dir>`` stands where a value is to be put."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BLANK: Final = re.compile(r"<[^<>]+>")


def is_blank(value: Any) -> bool:
    """Whether a value is a blank and nothing else."""
    return isinstance(value, str) and _BLANK.fullmatch(value) is not None


def blanks_in(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Yield key and text of each blank below ``value``; of list members as ``a.b[0].c``."""
    if is_blank(value):
        yield key, value
    elif isinstance(value, Mapping):
        for name, below in value.items():
            yield from blanks_in(below, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from blanks_in(below, f"{key}[{index}]")
