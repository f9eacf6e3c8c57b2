"""The vendor key ``x_automl`` of a property: where and how to search inside the legal range."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from automl.skill.schema.activation import Alternatives, read_alternatives
from automl.skill.schema.bounds import Complain, read_number
from automl.skill.schema.count_limit import CountLimit, read_count_limit

Scale = Literal["log", "linear"]


@dataclass(frozen=True, slots=True)
class BudgetScaling:
    """The default is written for ``reference`` units (epochs) of the spec key ``key``."""

    key: str
    reference: float


@dataclass(frozen=True, slots=True)
class Annotations:
    """``scale`` and ``search`` (low, high) of the range, its ``step``, and conditions.

    ``active_when``: see :mod:`automl.skill.schema.activation`. ``options_when``: option, as text,
    -> the same for that option of a choice; others always exist.
    ``budget``: see :class:`BudgetScaling`. ``at_most``: a limit that is counted in the data.
    ``origin``: who gives the range, for a reader.
    """

    scale: Scale | None = None
    search: tuple[float, float] | None = None
    step: float | None = None
    active_when: Alternatives = ()
    options_when: tuple[tuple[str, Alternatives], ...] = ()
    budget: BudgetScaling | None = None
    at_most: CountLimit | None = None
    origin: str = "schema"


NONE = Annotations()


def read_annotations(node: Mapping[str, Any], complain: Complain) -> Annotations:
    """Read the node's ``x_automl``; reports and skips every part that is unusable or unknown."""
    given = node.get("x_automl")
    if given is None:
        return NONE
    if not isinstance(given, Mapping):
        complain("x_automl", f"must be a mapping, is {given!r}")
        return NONE
    read = {key: _part(key, value, complain) for key, value in given.items() if value is not None}
    return Annotations(**{key: value for key, value in read.items() if value is not None})


def _part(key: str, value: Any, complain: Complain) -> Any:
    reader = _READERS.get(key)
    if reader is None:
        complain(f"x_automl.{key}", "is not understood")
        return None
    try:
        return reader(value)
    except ValueError as exc:
        complain(f"x_automl.{key}", str(exc))
        return None


def _scale(value: Any) -> Scale:
    if value not in ("log", "linear"):
        raise ValueError(f"must be 'log' or 'linear', is {value!r}")
    return "log" if value == "log" else "linear"


def _search(value: Any) -> tuple[float, float]:
    if isinstance(value, list) and len(value) == 2:
        low, high = (read_number(end) for end in value)
        if low is not None and high is not None and -_INF < low < high < _INF:
            return low, high
    raise ValueError(f"must be [low, high] with low < high, is {value!r}")


def _step(value: Any) -> float:
    step = read_number(value)
    if step is None or not 0 < step < _INF:
        raise ValueError(f"must be a positive number, is {value!r}")
    return step


def _budget(value: Any) -> BudgetScaling:
    if isinstance(value, Mapping) and isinstance(value.get("key"), str):
        reference = read_number(value.get("reference"))
        if reference is not None and 0 < reference < _INF:
            return BudgetScaling(value["key"], reference)
    raise ValueError(f"must be {{key: dotted name, reference: positive number}}, is {value!r}")


def _options_when(value: Any) -> tuple[tuple[str, Alternatives], ...]:
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"must map options to conditions, is {value!r:.80}")
    return tuple((str(option), read_alternatives(when)) for option, when in value.items())


_INF = float("inf")
_READERS: dict[str, Callable[[Any], Any]] = {
    "scale": _scale,
    "search": _search,
    "step": _step,
    "active_when": read_alternatives,
    "options_when": _options_when,
    "budget": _budget,
    "at_most": read_count_limit,
}
