"""Reads a user's range, choices or weights for a parameter (``--range``, ``--choices`` ...)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from automl.bounded_yaml import load_yaml
from automl.errors import SpaceError

_SCALES: Mapping[str, bool] = {"log": True, "linear": False}


@dataclass(frozen=True, slots=True)
class UserRange:
    """[low, high]; ``log`` is None where the user named no scale."""

    low: float
    high: float
    log: bool | None = None

    def __str__(self) -> str:
        scale = {None: "", True: ":log", False: ":linear"}[self.log]
        return f"{self.low:g}:{self.high:g}{scale}"


def read_range(name: str, given: str | Sequence[Any] | UserRange) -> UserRange:
    """Read ``"LOW:HIGH[:log|:linear]"`` or its parts; SpaceError for another form."""
    if isinstance(given, UserRange):
        return given
    parts = given.split(":") if isinstance(given, str) else list(given)
    try:
        low, high = float(parts[0]), float(parts[1])
        log = _SCALES[parts[2]] if parts[2:] else None
    except (ValueError, TypeError, KeyError, IndexError):
        raise SpaceError(f"--range {name}={given}: must be LOW:HIGH, LOW:HIGH:log") from None
    if len(parts) > 3 or not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise SpaceError(f"--range {name}={given}: needs finite LOW < HIGH")
    if log and low <= 0:
        raise SpaceError(f"--range {name}={given}: a log scale needs LOW > 0")
    return UserRange(low, high, log)


def read_choices(name: str, given: str | Sequence[Any]) -> tuple[Any, ...]:
    """Read ``"a,b,c"`` or ``"[a,b,c]"`` (as YAML) or a sequence; SpaceError for another form."""
    if not isinstance(given, str):
        return tuple(given)
    try:
        values = load_yaml(f"[{given}]")
    except yaml.YAMLError:
        raise SpaceError(f"--choices {name}={given}: must be values with commas between") from None
    alone = len(values) == 1 and isinstance(values[0], list)
    return tuple(values[0] if alone else values)


def given_values(option: str, given: Any) -> tuple[Any, ...]:
    """The parameter values in a ``range``, ``choices`` or ``weights`` option.

    A text of another form counts as one value; weights hold values only as a mapping.
    """
    try:
        if option == "range":
            found = read_range("", given)
            return (found.low, found.high)
        if option == "choices":
            return read_choices("", given)
    except SpaceError:
        return (given,)
    return tuple(given) if isinstance(given, Mapping) else ()


def read_weights(
    name: str, given: str | Sequence[float] | Mapping[Any, float], choices: Sequence[Any]
) -> tuple[float, ...]:
    """Read one weight for each choice (a list, or choice -> weight) and normalise them."""
    try:
        if isinstance(given, Mapping):
            weights = [float(given[choice]) for choice in choices]
        else:
            parts = given.split(",") if isinstance(given, str) else given
            weights = [float(part) for part in parts]
    except (ValueError, TypeError, KeyError):
        raise SpaceError(f"--weights {name}={given}: must be numbers, one a choice") from None
    total = sum(weights)
    if len(weights) != len(choices):
        listed = ", ".join(map(str, choices))
        raise SpaceError(f"--weights {name}={given}: needs {len(choices)} weights for {listed}")
    if not all(weight > 0 for weight in weights) or not math.isfinite(total):
        raise SpaceError(f"--weights {name}={given}: must be positive and finite")
    return tuple(weight / total for weight in weights)
