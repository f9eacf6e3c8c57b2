"""The trainings of a confirmation: all that the plan asks for, and those still to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from automl.constants import COL_NUMBER, COL_TRIAL, TrialSource
from automl.results.champion.confirmation import (
    candidates,
    configuration,
    confirmation,
    posterior_of,
)
from automl.results.champion.race import BASE, next_pairs
from automl.results.table.rows import params_of, trial_rows
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger.events import LedgerEvent, StartEvent, TrialEvent
from automl.trial.objective import Objective

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Confirm:
    """How the best trials are trained again.

    Attributes:
        best: how many of the search's best; the defaults' configuration comes on top.
        repeats: trainings of each, with fresh seeds; in a race, how many each has on average, at
            most.
        seed_key: the spec key that holds the seed.
        first_seed: the first of the fresh seeds, which count upwards from it.
        race: whether, after two trainings of each, the others go to the configurations between
            which the decision is open; without it each is trained ``repeats`` times.
        pairs: how many pairs a round of the race trains side by side.
    """

    best: int
    repeats: int
    seed_key: str
    first_seed: int
    race: bool = False
    pairs: int = 1

    @property
    def seeds(self) -> range:
        """The fresh seeds of the trainings that each configuration has."""
        each = min(BASE, self.repeats) if self.race else self.repeats
        return range(self.first_seed, self.first_seed + each)

    @property
    def last_seed(self) -> int:
        """The largest seed that a training may have."""
        return self.first_seed + self.trials - 1

    def to_dict(self) -> dict[str, Any]:
        """Return it as a plan holds it: as earlier versions wrote it where nothing is new in it."""
        earlier = {"race": False, "pairs": 1}
        return {k: v for k, v in asdict(self).items() if k not in earlier or v != earlier[k]}

    @property
    def trials(self) -> int:
        """How many trainings that makes at most, the baseline's included."""
        return (self.best + 1) * self.repeats


def confirm_of(plan: Mapping[str, Any]) -> Confirm | None:
    """Return the confirmation of a written plan."""
    section = plan.get("confirm")
    return Confirm(**section) if section else None


def split_confirmation(
    events: Sequence[LedgerEvent],
) -> tuple[list[LedgerEvent], list[LedgerEvent]]:
    """Return the events of the search, with those of sessions, and of the confirmation."""
    confirming = {
        event.number
        for event in events
        if isinstance(event, StartEvent) and event.source == TrialSource.CONFIRM
    }
    search: list[LedgerEvent] = []
    fresh: list[LedgerEvent] = []
    for event in events:
        ours = isinstance(event, TrialEvent) and event.number in confirming
        (fresh if ours else search).append(event)
    return search, fresh


@dataclass(frozen=True)
class ConfirmTraining:
    """A configuration to be trained again: its parameters with a fresh seed.

    ``changed`` holds the spec keys that the search's trial overrode, such as more gradient
    accumulation after it ran out of memory: the training needs them too.
    """

    params: Mapping[str, Any]
    changed: Mapping[str, Any] = field(default_factory=dict)


def trainings_left(
    confirm: Confirm, events: Sequence[LedgerEvent], objective: Objective
) -> list[ConfirmTraining]:
    """Return the trainings that come next and that no trial of the ledger has begun yet.

    They come seed by seed: a confirmation that is cut short has trained all configurations equally
    often. A race goes on in rounds of up to ``pairs`` pairs of trainings, chosen by what is known
    before the round.
    """
    search, fresh = split_confirmation(events)
    histories = trial_histories(fresh)
    begun = {_training(history.start.params, confirm) for history in histories}
    searched = trial_rows(trial_histories(search), objective)
    rows = candidates(searched, objective, confirm.best, confirm.seed_key)
    wanted = [(row, seed) for seed in confirm.seeds for row in rows]
    if all(_training(_params(*each, confirm), confirm) in begun for each in wanted):
        wanted = _next_round(confirm, searched, rows, histories, objective)
    changed = {history.number: history.changed for history in trial_histories(search)}
    return [
        ConfirmTraining(params, changed[row[COL_NUMBER]])
        for row, seed in wanted
        if _training(params := _params(row, seed, confirm), confirm) not in begun
    ]


def _next_round(
    confirm: Confirm,
    searched: Sequence[Row],
    rows: Sequence[Row],
    histories: Sequence[TrialHistory],
    objective: Objective,
) -> list[tuple[Row, int]]:
    """Return the pairs with which a race goes on; none at its end, or while it must wait.

    Pairs of which a dead driver began some are the pairs that they were: they follow from the
    trainings before their round.
    """
    key = confirm.seed_key
    seeds = [int(history.start.params[key]) for history in histories]
    begun = Counter(seeds)
    round_ = _round(confirm, begun, len(rows) * confirm.repeats)
    known = [h for h, seed in zip(histories, seeds, strict=True) if seed < round_.start]
    if not confirm.race or not round_ or any(not history.is_over for history in known):
        return []
    table = [*searched, *trial_rows(known, objective)]
    found = posterior_of(confirmation(table, objective, key), table, objective, key)
    pairs = next_pairs(found, len(known), len(round_)) if found else ()
    return [
        (row, seed)
        for seed, pair in zip(round_, pairs, strict=False)
        if begun[seed] < 2
        for row in rows
        if row[COL_TRIAL] in pair
    ]


def _round(confirm: Confirm, begun: Mapping[int, int], budget: int) -> range:
    """Return the seeds of the round that is not yet begun whole, one for each of its pairs.

    Args:
        confirm: what the plan asks for.
        begun: how many trainings with each seed have begun.
        budget: how many trainings there may be.
    """
    first = confirm.seeds.stop
    rounds = max(0, max(begun, default=first) - first) // confirm.pairs
    found = _seeds_of(rounds, confirm, begun, budget)
    if found and all(begun.get(seed, 0) > 1 for seed in found):
        found = _seeds_of(rounds + 1, confirm, begun, budget)
    return found


def _seeds_of(index: int, confirm: Confirm, begun: Mapping[int, int], budget: int) -> range:
    """Return the seeds of the race's round with this index: as many as the budget leaves pairs."""
    start = confirm.seeds.stop + index * confirm.pairs
    spent = sum(count for seed, count in begun.items() if seed < start)
    return range(start, start + max(0, min(confirm.pairs, (budget - spent) // 2)))


def _params(row: Row, seed: int, confirm: Confirm) -> dict[str, Any]:
    return {**params_of(row), confirm.seed_key: seed}


def is_unconfirmed(confirm: Confirm, events: Sequence[LedgerEvent], objective: Objective) -> bool:
    """Return whether a training is left to begin, or one that began was cut short."""
    cut = any(not history.is_over for history in trial_histories(split_confirmation(events)[1]))
    return cut or bool(trainings_left(confirm, events, objective))


def _training(params: Mapping[str, Any], confirm: Confirm) -> tuple[str, Any]:
    return configuration(params, confirm.seed_key), params.get(confirm.seed_key)
