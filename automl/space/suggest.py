"""The sources of a draw's values: the protocol of a sampler, plain random draws, and replay."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

Scalar = str | int | float | bool | None


class Suggest(Protocol):
    """Suggests values to a space; the same name always comes with the same arguments."""

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """A number in [low, high]; with ``step`` a whole number of steps above low."""
        ...

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """A whole number in [low, high]; with ``step`` a whole number of steps above low."""
        ...

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """One of ``choices``; ``weights`` are prior probabilities."""
        ...


class RandomSuggest:
    """Draws independent random values; the same seed gives the same draws."""

    def __init__(self, seed: int | Sequence[int]) -> None:
        """``seed``: a number, or several that are combined."""
        parts = [seed] if isinstance(seed, int) else seed
        self._random = random.Random("/".join(map(str, parts)))

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """Uniform in [low, high], or in its logarithm."""
        if step is not None:
            return low + step * self._random.randint(0, round((high - low) / step))
        if log:
            low_log = math.log(low)
            drawn = math.exp(low_log + (math.log(high) - low_log) * self._random.random())
            return min(max(drawn, low), high)
        return low + (high - low) * self._random.random()

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """Uniform over the whole numbers, or over their logarithm."""
        if log:
            low_log = math.log(low - 0.5)
            width = math.log(high + 0.5) - low_log
            return min(max(round(math.exp(low_log + width * self._random.random())), low), high)
        return low + step * int(self._random.random() * ((high - low) // step + 1))

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """One of the choices, by the weights if there are any."""
        if weights is None:
            return choices[int(self._random.random() * len(choices))]
        return self._random.choices(choices, weights)[0]


class FixedSuggest:
    """Replays known answers, such as those of :meth:`automl.space.Space.encode`."""

    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """The known answer; KeyError if there is none."""
        return float(self._answers[name])

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """The known answer; KeyError if there is none."""
        return int(self._answers[name])

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """The known answer; KeyError if there is none."""
        return self._answers[name]
