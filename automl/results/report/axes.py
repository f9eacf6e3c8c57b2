"""The searched parameters as axes: numbers, numbers on a log scale, or categories."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from automl.constants import PARAM_PREFIX
from automl.results.table.rows import params_of
from automl.skill.schema.numbers import is_finite

NUMBER: Final = "number"
LOG: Final = "log"
CATEGORY: Final = "category"
_MAX_CATEGORIES: Final = 12
_DECADES: Final = 3
_TICKS: Final = 5
_GAP: Final = 0.2  # of an axis: ticks that are nearer to each other overlap on a small figure
_COUNT_TICKS: Final = 10


@dataclass(frozen=True)
class PlotAxis:
    """One parameter, or one element of a list, with its value in every trial.

    Attributes:
        name: the parameter's dotted name; ``label``: its short name, with the element's index.
        kind: ``number``, ``log`` or ``category`` (text).
        values: one for each trial, None where the parameter was not active.
        order: all choices of a category, in the order of its space.
    """

    name: str
    label: str
    kind: str
    values: tuple[Any, ...]
    order: tuple[Any, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is a number that was whole in every trial."""
        return self.kind != CATEGORY and all(float(value).is_integer() for value in self.present)

    @property
    def present(self) -> list[Any]:
        """The values of the trials in which the parameter was active."""
        return [value for value in self.values if value is not None]

    @property
    def categories(self) -> list[Any]:
        """The different values in order; numbers sorted as numbers."""
        found = set(self.present)
        ordered = [value for value in self.order if value in found]
        return [*ordered, *sorted(found.difference(ordered))]

    def scaled(self, value: Any) -> float:
        """A number on a linear axis: its logarithm on a log axis, its place among categories."""
        if self.kind == CATEGORY:
            return float(self.categories.index(value))
        return math.log10(value) if self.kind == LOG else float(value)

    def units(self) -> list[float | None]:
        """The place of each trial's value between the lowest (0) and the highest (1)."""
        places = {value: self.scaled(value) for value in self.categories}
        if not places:
            return [None for _ in self.values]
        low, high = min(places.values()), max(places.values())
        span = high - low or 1.0
        return [None if v is None else (places[v] - low) / span for v in self.values]


def make_axes(
    space: Mapping[str, Any] | None, rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]
) -> list[PlotAxis]:
    """Return an axis for each parameter that took at least two values in ``rows``.

    Args:
        space: a plan's space, which says what is searched on a log scale; None for a direct run.
        rows: trial rows.
        labels: dotted name -> short name.
    """
    known = {p["name"]: p for p in space["parameters"]} if space else {}
    names = dict.fromkeys(name for row in rows for name in params_of(row))
    axes = [
        axis
        for name in names
        for axis in _axes(
            name,
            labels.get(name, name),
            tuple(row.get(PARAM_PREFIX + name) for row in rows),
            known.get(name, {}),
        )
    ]
    return [axis for axis in axes if len(axis.categories) >= 2 and not _crowded(axis)]


def _crowded(axis: PlotAxis) -> bool:
    return axis.kind == CATEGORY and len(axis.categories) > _MAX_CATEGORIES


def _axes(
    name: str, label: str, values: tuple[Any, ...], parameter: Mapping[str, Any]
) -> list[PlotAxis]:
    present = [value for value in values if value is not None]
    choices = () if parameter.get("ordered") else parameter.get("choices") or ()
    if choices:
        present, log = [], False
    else:
        log = bool(parameter.get("log"))
    if present and all(is_finite(value) for value in present):
        positive = min(present) > 0
        wide = log or (positive and max(present) / min(present) >= 10**_DECADES)
        return [PlotAxis(name, label, LOG if wide and positive else NUMBER, values)]
    lengths = {len(value) if isinstance(value, list) else -1 for value in present}
    if (
        present
        and len(lengths) == 1
        and all(isinstance(v, list) and all(map(is_finite, v)) for v in present)
    ):
        return [
            PlotAxis(name, f"{label}[{index}]", NUMBER, tuple(v and v[index] for v in values))
            for index in range(lengths.pop())
        ]
    texts = tuple(None if value is None else _text(value) for value in values)
    return [PlotAxis(name, label, CATEGORY, texts, tuple(map(_text, choices)))]


def plotly_axis(axis: PlotAxis) -> dict[str, Any]:
    """Return plotly's axis with few, plain ticks."""
    if axis.kind == CATEGORY:
        return {"type": "category", "categoryorder": "array", "categoryarray": axis.categories}
    low, high = axis.categories[0], axis.categories[-1]
    if axis.kind == LOG:
        ticks = _tried(axis) or log_ticks(low, high)
        texts = [tick_text(tick) for tick in ticks]
        return {"type": "log", "tickvals": ticks, "ticktext": texts, "tickangle": 0}
    if axis.is_whole:
        if tried := _tried(axis):
            return {"type": "linear", "tickvals": tried}
        return {"type": "linear", "dtick": whole_step(high - low, _TICKS)}
    return {"type": "linear", "nticks": _TICKS}


def _tried(axis: PlotAxis) -> list[Any]:
    """The values of an axis of few whole numbers as its ticks; none where they would overlap."""
    values = axis.categories
    places = [axis.scaled(value) for value in values]
    few = axis.is_whole and len(values) <= _TICKS and _apart(places, places[-1] - places[0])
    return values if few else []


def _apart(places: Sequence[float], span: float) -> bool:
    return all(b - a >= _GAP * span for a, b in pairwise(places))


def whole_step(span: float, ticks: int = _COUNT_TICKS) -> int:
    """Return the step between ticks of an axis that counts: 1, 2, 5, 10, ..., about ``ticks``."""
    least = span / ticks
    power = 10 ** math.floor(math.log10(least)) if least > 1 else 1
    return next(int(step * power) for step in (1, 2, 5, 10) if step * power >= least)


def tick_text(value: float) -> str:
    """``0.05``, ``5e-4``: short enough for a small axis."""
    if 0.01 <= value < 10_000:
        return f"{value:g}"
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def log_ticks(low: float, high: float) -> list[float]:
    """Return up to five round numbers of a log axis that do not overlap; its ends without any."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    found: list[float] = []
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5), (1, 2, 3, 4, 5, 6, 8)):
        ticks = [float(f"{s}e{e}") for e in range(first, last + 1) for s in steps]
        inside = [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
        inside = inside[:: max(1, math.ceil(len(inside) / _TICKS))] if steps == (1,) else inside
        if len(found) < len(inside) <= _TICKS and _apart(
            [math.log10(tick) for tick in inside], math.log10(high / low)
        ):
            found = inside
    return found if len(found) > 1 else [float(f"{end:.4g}") for end in (low, high)]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
