"""Problems whose trials are learning curves: drawn ones that cross, and the table of real ones.

Costs are to be minimised. The scheduler was designed on those of `DESIGN`; nobody looked at those
of `HELD_OUT` before the figures were made.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Final

import numpy as np
from make_curves import EPOCHS, LEVELS, TABLE

from automl.space import Choice, Float, Integer, Parameter, Space

Values = Mapping[str, Any]
Curve = Sequence[float]


@dataclass(frozen=True)
class CurveProblem:
    """A space, and the curve of each of its configurations.

    Attributes:
        base: the default configuration.
        curve: the noiseless cost after each epoch.
        noise: the standard deviation of an epoch's noise.
        lowest: the lowest cost that any configuration reaches.
        usual: the median over random configurations of the lowest cost of the curve.
    """

    name: str
    space: Space
    base: Mapping[str, Any]
    curve: Callable[[Values], Curve]
    noise: float
    lowest: float

    @cached_property
    def usual(self) -> float:
        """What a random configuration reaches: the median of 400."""
        rng = random.Random(0)
        return float(np.median([min(self.curve(_draw(self.space, rng))) for _ in range(400)]))

    def regret(self, cost: float) -> float:
        """Return a cost as a share of the way from the lowest to the usual one."""
        return (cost - self.lowest) / (self.usual - self.lowest)


def _draw(space: Space, rng: random.Random) -> dict[str, Any]:
    return {each.name: _value(each, rng) for each in space.parameters}


def _value(each: Parameter, rng: random.Random) -> Any:
    if isinstance(each, Choice):
        return rng.choice(each.choices)
    assert isinstance(each, Float | Integer)
    ends = (math.log(each.low), math.log(each.high)) if each.log else (each.low, each.high)
    found = rng.uniform(*ends)
    found = math.exp(found) if each.log else found
    return round(found) if isinstance(each, Integer) else found


def _off(value: float, best: float) -> float:
    decades: float = math.log10(value / best)
    return decades**2


def _final(values: Values) -> float:
    """A bowl: 0.1 at its bottom."""
    rate = 0.12 * _off(values["rate"], 3e-3)
    decay = 0.03 * _off(values["decay"], 3e-4)
    margin: float = 0.4 * (values["margin"] - 0.4) ** 2
    return min(0.9, 0.1 + rate + decay + margin)


def _speed(values: Values) -> float:
    """Of what is left to learn, the share that an epoch learns: more at high rates."""
    return min(1.5, 0.16 * math.sqrt(values["rate"] / 3e-3))


def _crossing(values: Values) -> Curve:
    """High rates are ahead first and end worse."""
    final, speed = _final(values), _speed(values)
    return [final + (0.95 - final) * math.exp(-speed * epoch) for epoch in range(1, EPOCHS + 1)]


def _overfitting(values: Values) -> Curve:
    """Weak decay learns fast, then gets worse; strong decay learns slowly."""
    final, strength = _final(values), math.log10(values["decay"] / 1e-6) / 5
    speed, turn = 0.6 - 0.45 * strength, 4 + 25 * strength
    return [
        final + (0.95 - final) * math.exp(-speed * epoch) + 0.01 * max(0.0, epoch - turn)
        for epoch in range(1, EPOCHS + 1)
    ]


def _stepped(values: Values) -> Curve:
    """A plateau, the higher the better the end, until the rate drops at two thirds."""
    final = _final(values)
    plateau = max(final, 0.75 - 0.4 * final + 0.05 * math.sin(40 * values["margin"]))
    found = []
    for epoch in range(1, EPOCHS + 1):
        level = plateau + (0.95 - plateau) * math.exp(-0.5 * epoch)
        late = 1 - math.exp(-0.8 * max(0, epoch - 2 * EPOCHS // 3))
        found.append(level + (final - level) * late)
    return found


def _parallel(values: Values) -> Curve:
    """All curves have one shape: who is ahead first ends ahead."""
    final = _final(values)
    return [final + 0.5 * epoch**-0.8 for epoch in range(1, EPOCHS + 1)]


def _drawn(
    name: str, curve: Callable[[Values], Curve], lowest: float, noise: float
) -> CurveProblem:
    parameters = (
        Float(name="rate", low=1e-5, high=1.0, log=True, default=1e-1),
        Float(name="decay", low=1e-6, high=1e-1, log=True, default=1e-2),
        Float(name="margin", low=0.0, high=1.0, default=0.8),
    )
    base = {each.name: each.default for each in parameters}
    return CurveProblem(name, Space(parameters=parameters), base, curve, noise, lowest)


def _lowest(curve: Callable[[Values], Curve]) -> float:
    """The lowest cost on a fine grid around the bowl's bottom."""
    rates, decays = (np.geomspace(low, high, 41) for low, high in ((3e-4, 3e-2), (1e-5, 1e-2)))
    points = product(rates, decays, np.linspace(0.3, 0.5, 9))
    return min(min(curve({"rate": r, "decay": d, "margin": m})) for r, d, m in points)


def _table(name: str) -> CurveProblem:
    rows = 1.0 - np.load(TABLE)[name] / 1e4
    table = dict(zip(product(*(range(len(each)) for each in LEVELS.values())), rows, strict=True))
    parameters = (
        Float(name="rate", low=10**-3.5, high=1.0, log=True, default=0.01),
        Choice(name="momentum", choices=LEVELS["momentum"], default=0.0),
        Integer(name="units", low=8, high=128, log=True, default=8),
        Integer(name="batch", low=8, high=128, log=True, default=128),
        Choice(name="cosine", choices=LEVELS["cosine"], default=0),
    )
    base = {each.name: each.default for each in parameters}

    def curve(values: Values) -> Curve:
        places = tuple(_nearest(float(values[key]), each) for key, each in LEVELS.items())
        return [float(cost) for cost in table[places]]

    space = Space(parameters=parameters)
    return CurveProblem(name, space, base, curve, 0.0, float(rows.min()))


def _nearest(value: float, levels: Sequence[float]) -> int:
    """The place of the level that is nearest, by its logarithm where all are positive."""
    if min(levels) <= 0:
        return min(range(len(levels)), key=lambda place: abs(levels[place] - value))
    return min(range(len(levels)), key=lambda place: abs(math.log(levels[place] / value)))


def problems() -> dict[str, CurveProblem]:
    """Return all problems by name."""
    drawn = (
        ("crossing", _crossing, 0.01),
        ("overfitting", _overfitting, 0.01),
        ("stepped", _stepped, 0.01),
        ("parallel", _parallel, 0.01),
    )
    found = [_drawn(name, curve, _lowest(curve), noise) for name, curve, noise in drawn]
    tables = [_table(name) for name in ("digits", "noisy digits", "cancer")]
    return {each.name: each for each in (*found, *tables)}


DESIGN: Final = ("crossing", "overfitting", "stepped", "digits")
HELD_OUT: Final = ("parallel", "noisy digits", "cancer")
