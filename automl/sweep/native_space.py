"""A search space in Ray Tune's own terms, for Ray's searchers and for mutations of its PBT.

Ray's spaces are flat: they know no conditions, no relations between parameters and no prior
weights. So each question that :meth:`automl.space.Space.draw` may ask becomes one domain under its
suggestion name, whether or not it is asked in a given draw: answers of inactive parameters and of
milestones that do not fit are simply not read. A parameter that is bound to another becomes a
fraction of what the other leaves, so every combination of answers decodes to a legal spec. Weights
of choices are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from ray import tune

from automl.space import Choice, FixedSuggest, Float, Integer, Parameter, Space
from automl.space.parameter import Lookup
from automl.spec.nested import get_path

_ENDLESS = 2**31


def to_ray_space(space: Space, base: Mapping[str, Any]) -> dict[str, Any]:
    """Return suggestion name -> ``ray.tune`` domain; :func:`decode` reads Ray's answers.

    Args:
        space: what is searched.
        base: the nested spec; a budget that is not searched says how many milestones fit.
    """

    def lookup(name: str) -> Any:
        return _ENDLESS if name in space.names else get_path(base, name, None)

    domains: dict[str, Any] = {}
    for parameter in space.parameters:
        if parameter.relations and isinstance(parameter, Float | Integer | Choice):
            domains[parameter.name] = tune.uniform(0.0, 1.0)
            continue
        for questions in _explored(parameter, lookup):
            domains.update(questions)
    return domains


def decode(space: Space, answers: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return dotted name -> value for Ray's answers, moved into range where PBT left it."""
    return space.draw(_ClippedSuggest(answers), base)


def _explored(parameter: Parameter, lookup: Lookup) -> Iterator[dict[str, Any]]:
    """The questions of several draws, which together ask all that the parameter may ask.

    Only a subset's questions depend on its answers, and only on how many of its members are in.
    """
    for taken in count():
        asked = _Questions(taken)
        parameter.draw(asked, lookup)
        yield asked.domains
        if taken >= asked.choices:
            return


class _Questions:
    """Collects what a draw asks; answers the first ``taken`` choices with their last option."""

    def __init__(self, taken: int) -> None:
        self.domains: dict[str, Any] = {}
        self.choices = 0
        self._taken = taken

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """A float in [low, high]; the draw itself rounds it to steps."""
        self.domains[name] = tune.loguniform(low, high) if log else tune.uniform(low, high)
        return low

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """An int in [low, high]; steps that do not start at a multiple become a choice."""
        if log:
            self.domains[name] = tune.lograndint(low, high + 1)
        elif step == 1:
            self.domains[name] = tune.randint(low, high + 1)
        elif low % step == 0:
            self.domains[name] = tune.qrandint(low, high, step)
        else:
            self.domains[name] = tune.choice(list(range(low, high + 1, step)))
        return low

    def choice(
        self, name: str, choices: Sequence[Any], weights: Sequence[float] | None = None
    ) -> Any:
        """One of the choices, all alike."""
        self.domains[name] = tune.choice(list(choices))
        self.choices += 1
        return choices[-1 if self.choices <= self._taken else 0]


class _ClippedSuggest(FixedSuggest):
    """Known answers that may lie outside: PBT multiplies numbers whatever their range is."""

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """The nearest number in [low, high]."""
        return min(max(super().number(name, low, high), low), high)

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """The nearest whole number of steps in [low, high]."""
        steps = round((super().integer(name, low, high) - low) / step)
        return min(max(low + steps * step, low), high)
