"""The trainings of a confirmation: all that the plan asks for, and those still to run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from automl.constants import COL_NUMBER, TrialSource
from automl.results.confirmation import candidates, configuration
from automl.results.rows import params_of, trial_rows
from automl.trial.history import trial_histories
from automl.trial.ledger_events import LedgerEvent, StartEvent, TrialEvent
from automl.trial.objective import Objective


@dataclass(frozen=True)
class Confirm:
    """How the best trials are trained again.

    Attributes:
        best: how many of the search's best; the defaults' configuration comes on top.
        repeats: trainings of each, with fresh seeds.
        seed_key: the spec key that holds the seed.
        first_seed: the first of ``repeats`` consecutive seeds, the same for each configuration.
    """

    best: int
    repeats: int
    seed_key: str
    first_seed: int

    @property
    def seeds(self) -> range:
        """The fresh seeds."""
        return range(self.first_seed, self.first_seed + self.repeats)

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
    """Return the trainings that no trial of the ledger has begun yet.

    They come seed by seed: one that is cut short has trained all configurations equally often.
    """
    search, fresh = split_confirmation(events)
    begun = {_training(h.start.params, confirm) for h in trial_histories(fresh)}
    searched = trial_rows(trial_histories(search), objective)
    rows = candidates(searched, objective, confirm.best, confirm.seed_key)
    changed = {history.number: history.changed for history in trial_histories(search)}
    left: list[ConfirmTraining] = []
    for seed in confirm.seeds:
        for row in rows:
            params = {**params_of(row), confirm.seed_key: seed}
            if _training(params, confirm) not in begun:
                left.append(ConfirmTraining(params, changed[row[COL_NUMBER]]))
    return left


def is_unconfirmed(confirm: Confirm, events: Sequence[LedgerEvent], objective: Objective) -> bool:
    """Return whether a training is left to begin, or one that began was cut short."""
    cut = any(not history.is_over for history in trial_histories(split_confirmation(events)[1]))
    return cut or bool(trainings_left(confirm, events, objective))


def _training(params: Mapping[str, Any], confirm: Confirm) -> tuple[str, Any]:
    return configuration(params, confirm.seed_key), params.get(confirm.seed_key)
