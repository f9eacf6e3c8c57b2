"""Population based training: who goes on, from whose checkpoint, and with which parameters.

Jaderberg et al., "Population Based Training of Neural Networks" (arXiv:1711.09846), with truncation
selection: a member of the worst quarter takes over checkpoint and parameters of a random one of the
best quarter, and changes what may change; every other member just goes on. Everything follows from
the seed, the trial's number and the generation before it, so a run taken up again goes on as if it
had never stopped.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from automl.search.pbt_schedule import Population
from automl.space import RandomSuggest, Space
from automl.space.suggest import Scalar

SHARE: Final = 0.25  # of a generation that is replaced, and of it that may be copied


RESAMPLED: Final = 0.25  # how often a change is a fresh draw


FACTOR: Final = 1.25  # a number in log scale is multiplied or divided by it


SHIFT: Final = 0.1  # of its range, by which any other number moves


@dataclass(frozen=True)
class Member:
    """A trial of a generation that is over.

    Attributes:
        number: the trial's.
        values: its parameters.
        value: the metric of its last epoch; None where it failed, so that nobody goes on from it.
        epoch: its last epoch.
    """

    number: int
    values: Mapping[str, Any]
    value: float | None
    epoch: int


@dataclass(frozen=True)
class PbtMove:
    """What the next trial does: the trial that it goes on from, and its parameters."""

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
) -> PbtMove | None:
    """Return the move of trial ``number`` after the whole generation before it.

    None where nobody of that generation is left to go on from: the trial starts anew.
    """
    usable = [member for member in previous if member.value is not None]
    if not usable:
        return None
    sign = -1.0 if direction == "maximize" else 1.0
    ranked = sorted(usable, key=lambda m: (sign * (m.value or 0.0), m.number))
    count = min(max(1, round(SHARE * len(ranked))), len(ranked) // 2)
    worst = ranked[len(ranked) - count :] if count else []
    own = next((m for m in ranked if m.number == number - population.size), None)
    if own is not None and own not in worst:
        return PbtMove(own.number, own.values)
    dice = random.Random(f"{seed}/{number}")
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
    """Answers a space's questions as before, but for those on parameters that change."""

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
        """The answer, a move away from it, or a fresh one."""
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
        """The answer, a move of one step or more away from it, or a fresh one."""
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
        """The answer, or a fresh one."""
        if self._is_new(name) or self._answers[name] not in choices:
            return self._fresh.choice(name, choices, weights)
        return self._answers[name]

    def _may_change(self, name: str) -> bool:
        """Whether a question, such as ``lr_steps[0]``, is about a parameter that may change."""
        return name.partition("[")[0] in self._mutable

    def _is_new(self, name: str) -> bool:
        """Whether the answer is a fresh draw: there is none, or chance wants one."""
        if name not in self._answers:
            return True
        return self._may_change(name) and self._dice.random() < RESAMPLED


def _times(value: float, up: bool) -> float:
    return value * FACTOR if up else value / FACTOR
