"""Lists every configuration of a finite space: for grid search, and to see a space exhausted."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, chain, combinations, islice, product
from typing import Any, Final

from automl.errors import InputError
from automl.space import Choice, Float, Integer, Milestones, NumberList, Parameter, Space, Subset
from automl.space.parameters.base import ABSENT, Lookup
from automl.space.space import is_active
from automl.space.suggest import Scalar
from automl.spec.nested import get_path

GRID_LIMIT: Final = 10_000


def grid(space: Space, base: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return every configuration (dotted name -> value).

    Raises:
        InputError: a parameter is continuous, or there are more than :data:`GRID_LIMIT`.
    """
    found = list(islice(_walk(space.parameters, {}, base), GRID_LIMIT + 1))
    if len(found) > GRID_LIMIT:
        raise InputError(
            f"a grid over this space has more than {GRID_LIMIT} configurations: search fewer"
            " parameters, give --choices, or use --algorithm qmc"
        )
    return found


def shuffled_grid(space: Space, base: Mapping[str, Any], seed: int) -> list[dict[str, Any]]:
    """Return :func:`grid` shuffled by the seed, so that its first part is a random sample."""
    found = grid(space, base)
    random.Random(seed).shuffle(found)
    return found


def grid_size(space: Space, base: Mapping[str, Any]) -> int | None:
    """Return how many configurations there are, None where they are too many or infinite."""
    try:
        return len(grid(space, base))
    except InputError:
        return None


def _walk(
    left: Sequence[Parameter], drawn: Mapping[str, Any], base: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    if not left:
        yield dict(drawn)
        return

    def lookup(name: str) -> Any:
        return drawn[name] if name in drawn else get_path(base, name, None)

    values = options(left[0], lookup) if is_active(left[0], lookup) else [ABSENT]
    for value in values:
        step = {} if value is ABSENT else {left[0].name: value}
        yield from _walk(left[1:], {**drawn, **step}, base)


def options(parameter: Parameter, lookup: Lookup) -> list[Any]:
    """Return every value that ``parameter`` may take once its parents are drawn.

    Raises:
        InputError: they are infinite or more than :data:`GRID_LIMIT`.
    """
    if isinstance(parameter, Choice):
        return parameter.legal(lookup)
    if isinstance(parameter, Float | Integer):
        return _numbers(parameter, lookup)
    if isinstance(parameter, NumberList):
        return _lists(parameter, lookup)
    return _sets(parameter, lookup)


def _numbers(parameter: Float | Integer, lookup: Lookup) -> list[Any]:
    legal = parameter.grid(lookup)
    if legal.count > GRID_LIMIT:
        raise InputError(
            f"{parameter.name}: {legal.low:g} .. {legal.high:g} holds too many values for a grid:"
            f" give --choices {parameter.name.rsplit('.', 1)[-1]}=A,B,C"
        )
    size = 1 if legal.unit is None else int((legal.high - legal.low) / legal.unit + 1e-9) + 1
    raw = (legal.low + index * (legal.unit or 0) for index in range(size))
    kind = int if isinstance(parameter, Integer) else float
    return sorted({kind(legal.at(legal.fraction(value))) for value in raw})


def _lists(parameter: NumberList, lookup: Lookup) -> list[Any]:
    rows = product(*(_numbers(element, lookup) for element in parameter.elements))
    raised = (tuple(accumulate(row, max)) if parameter.ascending else row for row in rows)
    return [list(row) for row in dict.fromkeys(islice(raised, GRID_LIMIT + 1))]


def _sets(parameter: Parameter, lookup: Lookup) -> list[Any]:
    if isinstance(parameter, Subset):
        sizes = range(parameter.least, parameter.most + 1)
        found = chain.from_iterable(combinations(parameter.options, size) for size in sizes)
        return [list(members) for members in islice(found, GRID_LIMIT + 1)]
    assert isinstance(parameter, Milestones)
    latest = parameter.draw(_Highest(), lookup)
    if latest is ABSENT:
        return [ABSENT]
    positions = combinations(range(parameter.low, latest[-1] + 1), len(latest))
    return [list(found) for found in islice(positions, GRID_LIMIT + 1)]


class _Highest:
    """Suggests the highest value of every parameter."""

    def number(
        self, name: str, low: float, high: float, *, log: bool = False, step: float | None = None
    ) -> float:
        """The high end."""
        return high

    def integer(self, name: str, low: int, high: int, *, log: bool = False, step: int = 1) -> int:
        """The high end."""
        return high

    def choice(
        self, name: str, choices: Sequence[Scalar], weights: Sequence[float] | None = None
    ) -> Any:
        """The last choice."""
        return choices[-1]
