"""Where a recorder gets its trials from: a study, a population, or a fixed list."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from automl.constants import TrialState
from automl.search.suggestion import Suggestion

NO_TICKET: Final = -1


class Proposer(Protocol):
    """Proposes trials and is told how they end; :class:`automl.search.study.Study` is one."""

    @property
    def waits(self) -> bool:
        """Whether the next trial depends on some that still run."""

    @property
    def needed(self) -> frozenset[int]:
        """The numbers of trials from whose checkpoints others may still go on."""

    @property
    def reported(self) -> frozenset[int]:
        """The tickets of all trials that are known to have reported a metric."""

    def ask(self) -> Suggestion | None:
        """Return the next trial, None where there is none."""

    def reject(self, ticket: int) -> None:
        """Note that the latest proposal does not start since it cannot fit into memory."""

    def tell(
        self,
        ticket: int,
        outcome: TrialState,
        value: float | None,
        *,
        further: Sequence[float | None] = (),
        fault: str = "",
        se: float | None = None,
    ) -> None:
        """Note how a trial ended."""

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Note an epoch's metric."""

    def is_over(self, ticket: int) -> bool:
        """Return whether the trial's end is known already."""

    def resume(self, tickets: Collection[int]) -> None:
        """Clear up what a dead driver left running, except ``tickets``, which run again."""


class FixedProposals:
    """Proposes given configurations, one after the other, whatever they reach."""

    def __init__(self, trials: Iterable[Suggestion]) -> None:
        """``trials``: in their order; their ticket is :data:`NO_TICKET`."""
        self._remaining = deque(trials)

    @property
    def waits(self) -> bool:
        """Never."""
        return False

    @property
    def needed(self) -> frozenset[int]:
        """None of them."""
        return frozenset()

    @property
    def reported(self) -> frozenset[int]:
        """None of them."""
        return frozenset()

    def ask(self) -> Suggestion | None:
        """Return the next configuration, None at the end."""
        return self._remaining.popleft() if self._remaining else None

    def reject(self, ticket: int) -> None:
        """Do nothing: the next configuration follows."""

    def tell(
        self,
        ticket: int,
        outcome: TrialState,
        value: float | None,
        *,
        further: Sequence[float | None] = (),
        fault: str = "",
        se: float | None = None,
    ) -> None:
        """Do nothing: no proposal depends on it."""

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Do nothing: no proposal depends on it."""

    def is_over(self, ticket: int) -> bool:
        """Return True: nothing has to be told."""
        return True

    def resume(self, tickets: Collection[int]) -> None:
        """Do nothing: the list holds what is left."""
