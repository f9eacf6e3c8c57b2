"""Population based training: which members continue, from which checkpoint and parameters.

Jaderberg et al., "Population Based Training of Neural Networks" (arXiv:1711.09846), with truncation
selection: a member of the worst quarter continues from the checkpoint of a random one of the best
quarter, with its parameters, of which the mutable ones change; all other members continue. The move
depends only on the seed, the trial's number and the generation before, so that a resumed run makes
the same moves.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.search.population.schedule import Population
from automl.space import RandomSuggest, Space
from automl.space.suggest import Scalar

SHARE: Final = 0.25  # of a generation is replaced, and as much of it is copied
RESAMPLED: Final = 0.25  # the probability that a change is a new draw
FACTOR: Final = 1.25  # a number in log scale is multiplied or divided by it
SHIFT: Final = 0.1  # of its range, by which any other number moves


@dataclass(frozen=True)
class Member:
    """A trial of a finished generation.

    Attributes:
        number: the trial's.
        values: its parameters.
        value: the metric of its last epoch; None if it failed, so that no trial continues from it.
        epoch: its last epoch.
    """

    number: int
    values: Mapping[str, Any]
    value: float | None
    epoch: int


@dataclass(frozen=True)
class PbtMove:
    """The trial from which the next trial continues, and its parameters."""

    parent: int
    values: Mapping[str, Any]


def next_move(
    population: Population,
    number: int,
    previous: Sequence[Member],
    *,
    space: Space,
    base: Mapping[str, Any],
    direction: str,
    seed: int,
    attempt: int = 0,
) -> PbtMove | None:
    """Return the move of trial ``number`` after the whole generation before it.

    None if no member of that generation can be continued: the trial then starts anew. ``attempt``
    counts the moves of this trial that were rejected since they cannot fit into memory: from the
    second on it continues from one of the best, with parameters drawn anew.
    """
    usable = [member for member in previous if member.value is not None]
    if not usable:
        return None
    sign = -1.0 if direction == "maximize" else 1.0
    ranked = sorted(usable, key=lambda m: (sign * (m.value or 0.0), m.number))
    count = min(max(1, round(SHARE * len(ranked))), len(ranked) // 2)
    worst = ranked[len(ranked) - count :] if count else []
    own = next((m for m in ranked if m.number == number - population.size), None)
    if own is not None and own not in worst and not attempt:
        return PbtMove(own.number, own.values)
    dice = random.Random(f"{seed}/{number}" + (f"/{attempt}" if attempt else ""))
    donor = dice.choice(ranked[: max(1, count)])
    changed = changed_values(population.mutable, donor.values, space, base, dice)
    return PbtMove(donor.number, changed)


def changed_values(
    mutable: Sequence[str],
    values: Mapping[str, Any],
    space: Space,
    base: Mapping[str, Any],
    dice: random.Random,
) -> dict[str, Any]:
    """Return ``values`` with those of ``mutable`` changed, legal by construction."""
    return space.draw(_Changed(space.encode(values, base), mutable, dice), base)


class _Changed:
    """Suggests the previous values of a space, and new ones for the parameters that change."""

    def __init__(
        self, answers: Mapping[str, Any], mutable: Sequence[str], dice: random.Random
    ) -> None:
        self._answers = answers
        self._mutable = mutable
        self._dice = dice
        self._fresh = RandomSuggest(dice.getrandbits(32))

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Return the previous value, one moved away from it, or a new draw."""
        if self._is_new(name):
            return self._fresh.number(name, low, high, log=log, step=step)
        value = float(self._answers[name])
        if self._may_change(name):
            up = self._dice.random() < 0.5
            move = max((high - low) * SHIFT, step or 0.0)
            value = _times(value, up) if log else value + (move if up else -move)
            value = value if step is None else low + round((value - low) / step) * step
        return min(max(value, low), high)

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Return the previous value, one at least a step away from it, or a new draw."""
        if self._is_new(name):
            return self._fresh.integer(name, low, high, log=log, step=step)
        value = int(self._answers[name])
        if self._may_change(name):
            up = self._dice.random() < 0.5
            far = abs(_times(value, up) - value) if log else (high - low) * SHIFT
            steps = max(1, round(far / step))
            value += (steps if up else -steps) * step
        last = low + (high - low) // step * step
        return min(max(value, low), last)

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """Return the previous value, or a new draw."""
        if self._is_new(name) or self._answers[name] not in choices:
            return self._fresh.choice(name, choices, weights)
        return self._answers[name]

    def _may_change(self, name: str) -> bool:
        """Whether a suggestion, such as ``lr_steps[0]``, belongs to a parameter that may change."""
        return name.partition("[")[0] in self._mutable

    def _is_new(self, name: str) -> bool:
        """Whether to draw a new value: there is no previous one, or chance decides so."""
        if name not in self._answers:
            return True
        return self._may_change(name) and self._dice.random() < RESAMPLED


def _times(value: float, up: bool) -> float:
    return value * FACTOR if up else value / FACTOR
