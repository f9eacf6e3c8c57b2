"""Times as people write them: ``90s``, ``45m``, ``8h``, ``2d``."""

from __future__ import annotations

import math
from typing import Final

from automl.errors import InputError

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(text: str | float) -> float:
    """Return the seconds of ``90``, ``90s``, ``45m``, ``8h`` or ``2d``.

    Raises:
        InputError: the text is none of these.
    """
    value = str(text).strip().lower()
    number, unit = (value[:-1], value[-1]) if value[-1:] in _UNITS else (value, "s")
    try:
        seconds = float(number) * _UNITS[unit]
    except ValueError:
        seconds = math.nan
    if not math.isfinite(seconds):
        raise InputError(f"the time {text!r} is none of 90s, 45m, 8h, 2d")
    return seconds
