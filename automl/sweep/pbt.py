"""Population based training: a trial goes on from a checkpoint of the generation before it.

The first generation is the study's own: the defaults, what the user enqueued, then random draws. A
resumed sweep reads its members from the ledger.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from automl.constants import TrialSource, TrialState
from automl.search.population.moves import Member, next_move
from automl.search.population.schedule import Population
from automl.search.study import Study
from automl.search.suggestion import Suggestion
from automl.space import Space
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger.events import LedgerEvent
from automl.trial.objective import Objective


class PopulationProposer:
    """Proposes the trials of a population; see :class:`automl.sweep.proposer.Proposer`."""

    def __init__(
        self,
        study: Study,
        population: Population,
        *,
        space: Space,
        base: Mapping[str, Any],
        objective: Objective,
        seed: int,
        events: Iterable[LedgerEvent] = (),
    ) -> None:
        """``events``: those of the ledger that belong to the search."""
        self._study = study
        self._population = population
        self._space = space
        self._base = base
        self._objective = objective
        self._seed = seed
        self._asked = 0
        self._rejected: Counter[int] = Counter()
        self._values: dict[int, Mapping[str, Any]] = {}
        self._number_of: dict[int, int] = {}
        self._last: dict[int, tuple[int, float]] = {}
        self._members: dict[int, Member] = {}
        for history in trial_histories(events):
            self._restore(history)

    def _restore(self, history: TrialHistory) -> None:
        number, ticket = history.number, history.start.ticket
        assert ticket is not None
        self._add(number, ticket, history.start.params)
        reached = history.values(self._objective)
        if reached:
            self._last[number] = max(reached.items())
        if history.is_over:
            self._end_member(number, failed=history.state == TrialState.FAILED)

    def _add(self, number: int, ticket: int, values: Mapping[str, Any]) -> None:
        self._asked = max(self._asked, number + 1)
        self._values[number] = values
        self._number_of[ticket] = number

    def _end_member(self, number: int, *, failed: bool) -> None:
        epoch, value = self._last.get(number, (0, None))
        self._members[number] = Member(
            number, self._values[number], None if failed else value, epoch
        )

    @property
    def waits(self) -> bool:
        """Whether the next trial must wait for the end of the generation before it."""
        first = self._first_of(self._population.generation(self._asked))
        return any(number not in self._members for number in range(first))

    @property
    def needed(self) -> frozenset[int]:
        """The trials from whose checkpoints others may still go on."""
        started = self._population.generation(max(self._asked - 1, 0))
        first = self._first_of(started)
        over = all(n in self._members for n in range(first, first + self._population.size))
        if over and started + 1 >= self._population.generations:
            return frozenset()
        return frozenset(range(first if over else self._first_of(started - 1), self._asked))

    @property
    def reported(self) -> frozenset[int]:
        """The tickets of all trials that the study knows to have reported a metric."""
        return self._study.reported

    def _first_of(self, generation: int) -> int:
        return max(generation, 0) * self._population.size

    def ask(self) -> Suggestion | None:
        """Return the next trial, None where the members have trained all their epochs."""
        number = self._asked
        generation = self._population.generation(number)
        previous = self._generation(generation - 1)
        if any(member.epoch >= self._population.epochs for member in previous):
            return None
        move = next_move(
            self._population,
            number,
            previous,
            space=self._space,
            base=self._base,
            direction=self._objective.direction,
            seed=self._seed,
            attempt=self._rejected[number],
        )
        found = self._study.ask_for(move.values, TrialSource.SEARCH) if move else self._study.ask()
        if found is None:
            return None
        self._add(number, found.ticket, found.values)
        parent = move.parent if move else None
        until = self._population.until(number)
        return Suggestion(found.ticket, found.source, found.values, parent, until)

    def reject(self, ticket: int) -> None:
        """Propose another trial under the number of the latest one, which does not start."""
        number = self._number_of.pop(ticket)
        del self._values[number]
        self._asked = number
        self._rejected[number] += 1
        self._study.reject(ticket)

    def _generation(self, generation: int) -> Sequence[Member]:
        first = self._first_of(generation)
        numbers = range(first, first + self._population.size) if generation >= 0 else range(0)
        return [self._members[number] for number in numbers]

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Note an epoch's metric."""
        self._last[self._number_of[ticket]] = (epoch, value)
        self._study.report(ticket, epoch, value)

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
        self._end_member(self._number_of[ticket], failed=outcome == TrialState.FAILED)
        self._study.tell(ticket, outcome, value, further=further, fault=fault, se=se)

    def is_over(self, ticket: int) -> bool:
        """Return whether the study knows how the trial ended."""
        return self._study.is_over(ticket)

    def resume(self, tickets: Collection[int]) -> None:
        """Clear up what a dead driver left running, except ``tickets``, which run again."""
        self._study.resume(tickets)
