"""A sweep's memory: an Optuna study on an append-only journal, asked and told by ticket.

A suggestion depends only on the seed, its ticket (Optuna's trial number) and what was told before
it: the sampler is made afresh each time, so a sweep taken up again goes on as if it had never
stopped. The same configuration, after rounding, is never suggested twice.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain, repeat
from pathlib import Path
from typing import Any, Final, Literal

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from automl.search.algorithm import make_sampler
from automl.search.suggest import OptunaAnswers, OptunaSuggest
from automl.space import Space

Outcome = Literal["finished", "stopped", "failed"]

STUDY_NAME: Final = "sweep"
SOURCE: Final = "source"
VALUES: Final = "values"
_LOCK_GRACE_S: Final = 5
_SEED_STRIDE: Final = 1_000_003  # a prime: (seed, ticket) pairs do not collide
_SEED_LIMIT: Final = 2**32
_ATTEMPTS: Final = (2, 8, 40)  # by the sweep's sampler, then by TPE near the best, then by chance
_STATES: Final = {
    "finished": TrialState.COMPLETE,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


@dataclass(frozen=True)
class Suggestion:
    """One trial to run: the ticket to tell its end by, where it came from, its parameters."""

    ticket: int
    source: str
    values: dict[str, Any]


class Study:
    """Asks a sampler for trials of one space and tells it what they reached."""

    def __init__(
        self,
        path: Path,
        *,
        space: Space,
        base: Mapping[str, Any],
        algorithm: str,
        direction: str,
        seed: int,
    ) -> None:
        """Open the journal at ``path`` (made when missing).

        Args:
            path: the journal file.
            space: the parameters to search.
            base: the resolved spec that holds every value that is not searched.
            algorithm: a name of :data:`automl.search.algorithm.ALGORITHMS`.
            direction: ``maximize`` or ``minimize``.
            seed: the sweep's seed.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._base = base
        self._algorithm = algorithm
        self._seed = seed
        lock = JournalFileOpenLock(str(path), grace_period=_LOCK_GRACE_S)
        storage = JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
        self._study = optuna.create_study(
            storage=storage, study_name=STUDY_NAME, direction=direction, load_if_exists=True
        )
        known = (trial.user_attrs for trial in self._study.get_trials(deepcopy=False))
        self._seen = {space.canonical(attrs[VALUES]) for attrs in known if VALUES in attrs}

    def enqueue(self, values: Mapping[str, Any], source: str) -> None:
        """Let ``values`` (dotted name -> value) be the next suggestion not yet asked for."""
        answers = OptunaAnswers(self._space.encode(values, self._base))
        self._space.draw(answers, self._base)
        self._study.enqueue_trial(answers.params, user_attrs={SOURCE: source, VALUES: dict(values)})

    def ask(self) -> Suggestion | None:
        """Return the next trial: an enqueued one, else a configuration that was not tried yet.

        None where neither the sampler nor chance finds a new one: a finite space is exhausted.
        """
        names = (self._algorithm, "tpe", "random")
        for name in chain.from_iterable(map(repeat, names, _ATTEMPTS)):
            suggestion = self._propose(name)
            key = self._space.canonical(suggestion.values)
            if suggestion.source != "search" or key not in self._seen:
                self._seen.add(key)
                return suggestion
            self.tell(suggestion.ticket, "failed", None)
        return None

    def tell(self, ticket: int, outcome: Outcome, value: float | None) -> None:
        """Record how a trial ended; ``value`` is its best metric, None without one."""
        state = _STATES[outcome]
        if state is TrialState.COMPLETE and value is None:
            state = TrialState.FAIL
        told = value if state is TrialState.COMPLETE else None
        self._study.tell(ticket, told, state=state, skip_if_finished=True)

    def close_all_but(self, tickets: Collection[int]) -> None:
        """Tell FAIL for every trial that a dead driver left running, but for ``tickets``."""
        for trial in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if trial.number not in tickets:
                self._study.tell(trial.number, state=TrialState.FAIL)

    def _propose(self, algorithm: str) -> Suggestion:
        ticket = len(self._study.get_trials(deepcopy=False))
        seed = (self._seed * _SEED_STRIDE + ticket) % _SEED_LIMIT
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental notes of samplers, told to nobody
            self._study.sampler = make_sampler(algorithm, seed)
            trial = self._study.ask()
            values = self._space.draw(OptunaSuggest(trial), self._base)
        known = trial.user_attrs
        if SOURCE in known:
            return Suggestion(trial.number, known[SOURCE], dict(known[VALUES]))
        trial.set_user_attr(SOURCE, "search")
        trial.set_user_attr(VALUES, values)
        return Suggestion(trial.number, "search", values)
