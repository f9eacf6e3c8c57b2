"""Reads numbers as people write them, and none where a text may mean two."""

from __future__ import annotations

import re
from typing import Final

_EXPONENT: Final = r"(?:[eE][-+]?\d+)?"
NUMBER: Final = rf"[-+]?(?:\d+(?:,\d+)*\.?\d*{_EXPONENT}|\.\d+{_EXPONENT}|nan|inf(?:inity)?)"
_THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(?:(?:,\d{3})+\.\d*|(?:,\d{3}){2,})")
_DECIMAL_COMMA: Final = re.compile(
    rf"[-+]?(?:0,\d+|\d+,(?:\d{{1,2}}|\d{{4,}})){_EXPONENT}", re.IGNORECASE
)


def read_number(text: str) -> float | None:
    """Return the number that ``text`` writes, None where a comma in it may mean two things.

    ``1,234.5`` and ``1,234,567`` hold thousands, ``0,95`` a decimal comma, ``1,234`` either.

    Raises:
        ValueError: it writes no number.
    """
    if "," not in text:
        return float(text)
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text.replace(",", ".")) if _DECIMAL_COMMA.fullmatch(text) else None


def read_count(text: str) -> int | None:
    """Return the whole number that ``text`` writes, such as an epoch; None where it writes none."""
    try:
        number = read_number(text.rstrip(".,"))
    except ValueError:
        return None
    return int(number) if number is not None and number.is_integer() else None
