"""What a recorder asks for trials and tells their ends: a study, or a list that is worked off."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from typing import Final, Protocol

from automl.constants import TrialState
from automl.search.study import Suggestion

NO_TICKET: Final = -1


class Proposer(Protocol):
    """Proposes trials and hears what became of them; see :class:`automl.search.study.Study`."""

    @property
    def waits(self) -> bool:
        """Whether the next trial depends on some that still run."""

    @property
    def needed(self) -> frozenset[int]:
        """The numbers of trials from whose checkpoints others may still go on."""

    def ask(self) -> Suggestion | None:
        """Return the next trial, None where there is none."""

    def tell(
        self,
        ticket: int,
        outcome: TrialState,
        value: float | None,
        *,
        further: Sequence[float | None] = (),
        violated: bool = False,
    ) -> None:
        """Hear how a trial ended."""

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Hear of one epoch."""

    def is_over(self, ticket: int) -> bool:
        """Return whether the end of a trial was told before."""

    def resume(self, tickets: Collection[int]) -> None:
        """Clear up what a dead driver left running; ``tickets`` are known to run again."""


class FixedProposals:
    """Proposes given configurations, one after the other; no result changes anything."""

    def __init__(self, trials: Iterable[Suggestion]) -> None:
        """``trials``: in their order; their ticket is :data:`NO_TICKET`."""
        self._left = deque(trials)

    @property
    def waits(self) -> bool:
        """Never."""
        return False

    @property
    def needed(self) -> frozenset[int]:
        """None of them."""
        return frozenset()

    def ask(self) -> Suggestion | None:
        """Return the next configuration, None at the end."""
        return self._left.popleft() if self._left else None

    def tell(
        self,
        ticket: int,
        outcome: TrialState,
        value: float | None,
        *,
        further: Sequence[float | None] = (),
        violated: bool = False,
    ) -> None:
        """Nothing: the ledger has it."""

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Nothing: the ledger has it."""

    def is_over(self, ticket: int) -> bool:
        """Every end is in the ledger."""
        return True

    def resume(self, tickets: Collection[int]) -> None:
        """Nothing: what is left is the list."""
