"""How population based training splits a budget: members, generations, and what may change.

Each of ``size`` members trains ``interval`` epochs in a generation, as one trial, and the next
generation continues from the checkpoints of this one. So a run has one row for each interval, and
its budget is ``size`` times the number of generations.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from automl.errors import InputError
from automl.space import Space

PBT: Final = "pbt"
SMALLEST: Final = 4  # members: a quarter of them is replaced
FEWEST: Final = 2 * SMALLEST
_OPTIMISERS: Final = frozenset({"optim", "optimizer", "optimiser", "solver", "optim_config"})
_MUTABLE_KINDS: Final = ("float",)


@dataclass(frozen=True)
class Population:
    """The plan of a population.

    Attributes:
        size: members.
        interval: epochs that a member trains in a generation.
        epochs: the epoch budget of a trial's spec, which the last generation reaches.
        mutable: searched parameters that may change while a member trains.
    """

    size: int
    interval: int
    epochs: int
    mutable: tuple[str, ...]

    @property
    def generations(self) -> int:
        """How many generations there are."""
        return math.ceil(self.epochs / self.interval)

    @property
    def trials(self) -> int:
        """The budget: one trial for each member and generation."""
        return self.size * self.generations

    @property
    def reason(self) -> str:
        """The plan in words."""
        names = ", ".join(name.rsplit(".", 1)[-1] for name in self.mutable)
        return (
            f"{self.size} members train {self.interval} epochs in each of {self.generations}"
            f" generations; then the worst quarter goes on from the best with {names} changed"
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the population as plain data."""
        return {**asdict(self), "mutable": list(self.mutable)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Population:
        """Return the population that :meth:`to_dict` wrote."""
        return cls(**{**data, "mutable": tuple(data["mutable"])})

    def generation(self, number: int) -> int:
        """Return the generation, from 0, of a trial."""
        return number // self.size

    def until(self, number: int) -> int:
        """Return the last epoch of a trial, from whose checkpoint the next one continues."""
        return min((self.generation(number) + 1) * self.interval, self.epochs)


def make_population(trials: int, epochs: int | None, mutable: Sequence[str]) -> Population:
    """Return the population that a budget of at most ``trials`` trials allows.

    Members and generations are balanced: twenty trials are five members of four generations.

    Raises:
        InputError: there are no epochs to split, too few trials, or nothing that may change.
    """
    if epochs is None:
        raise InputError(
            "pbt splits a trial's epochs, and no key of the spec holds the number of epochs"
            " (num_epochs, epochs): use another --algorithm"
        )
    if epochs < 2:
        raise InputError("pbt splits a trial's epochs, and one epoch cannot be: raise num_epochs")
    if trials < FEWEST:
        raise InputError(
            f"pbt needs {FEWEST} trials or more, {SMALLEST} members of two generations: raise"
            f" --trials {trials}"
        )
    if not mutable:
        raise InputError(
            "pbt changes parameters while trials train, and none that is searched may change then:"
            " search a number of the optimiser, or let the skill name others (mutable_params in"
            " references/skill_info.yaml)"
        )
    size = max(SMALLEST, math.isqrt(trials - 1) + 1)
    generations = min(epochs, trials // size)
    interval = math.ceil(epochs / generations)
    size = trials // math.ceil(epochs / interval)
    return Population(size, interval, epochs, tuple(mutable))


def mutable_names(space: Space, declared: Sequence[str] | None) -> tuple[str, ...]:
    """Return the searched parameters that may change while a trial trains, in draw order.

    Args:
        space: what is searched.
        declared: what the skill says; None where it says nothing, which allows the continuous
            numbers of a section that is called after the optimiser.
    """
    if declared is not None:
        return tuple(name for name in space.names if name in declared)
    return tuple(
        parameter.name
        for parameter in space.parameters
        if parameter.kind in _MUTABLE_KINDS
        and _OPTIMISERS.intersection(parameter.name.lower().split(".")[:-1])
    )
