"""One axis of the unit cube that a Gaussian process sees: a suggested number, or a choice.

A number lies between 0 and 1, on its log scale if it has one; a value of a stepped one is the
middle of its step. A choice is the position of its option, which is compared, never measured.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from automl.search.samplers.units import from_unit, to_unit
from automl.space.suggest import Scalar, Suggest


@dataclass(frozen=True)
class Axis:
    """A suggestion name and what Optuna draws it from.

    Attributes:
        options: of a choice; empty for a number.
        edges: the cumulated weights of a choice that has some: Optuna draws it as a quantile.
    """

    name: str
    distribution: BaseDistribution
    options: tuple[Scalar, ...] = ()
    edges: tuple[float, ...] = ()

    def place_of_answer(self, answer: Any) -> float:
        """Return where an answer of :meth:`automl.space.Space.encode` lies."""
        if self.options:
            return float(_position(self.options, answer))
        return to_unit(self.distribution, answer)

    def place_of_param(self, value: Any) -> float:
        """Return where a parameter of an Optuna trial lies."""
        if self.edges:
            return float(min(bisect_right(self.edges, value), len(self.options) - 1))
        return self.place_of_answer(value)

    def answer(self, place: float) -> Any:
        """Return what a space is told that lies at ``place``."""
        if self.options:
            return self.options[int(place)]
        return from_unit(self.distribution, place)

    def param(self, place: float) -> Any:
        """Return Optuna's parameter that lies at ``place``."""
        if not self.edges:
            return self.answer(place)
        upper = self.edges[int(place)]
        lower = self.edges[int(place) - 1] if place >= 1 else 0.0
        return (lower + min(upper, 1.0)) / 2


def _position(options: Sequence[Scalar], answer: Any) -> int:
    for index, option in enumerate(options):
        if option is answer or (type(option) is type(answer) and option == answer):
            return index
    return options.index(answer)


class AxisRecorder:
    """Answers a space's draw from another source and notes the axes that it asks for."""

    def __init__(self, source: Suggest, axes: dict[str, Axis]) -> None:
        """``source`` answers; ``axes`` is added to."""
        self._source = source
        self._axes = axes

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Note a number."""
        self._axes.setdefault(name, Axis(name, FloatDistribution(low, high, log=log, step=step)))
        return self._source.number(name, low, high, log=log, step=step)

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Note a whole number."""
        self._axes.setdefault(name, Axis(name, IntDistribution(low, high, log=log, step=step)))
        return self._source.integer(name, low, high, log=log, step=step)

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Note a choice."""
        self._axes.setdefault(name, _choice(name, tuple(choices), weights))
        return self._source.choice(name, choices, weights)


def _choice(name: str, options: tuple[Scalar, ...], weights: Sequence[float] | None) -> Axis:
    if weights is None:
        return Axis(name, CategoricalDistribution(options), options)
    total, edges, reached = sum(weights), [], 0.0
    for weight in weights:
        reached += weight / total
        edges.append(reached)
    return Axis(name, FloatDistribution(0.0, 1.0), options, tuple(edges))
