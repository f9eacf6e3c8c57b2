"""A sweep's memory: an Optuna study on an append-only journal, asked and told by trial number.

A suggestion depends only on the seed, the trial's number and what was told before it: the sampler
is made afresh for each one, so a sweep taken up again goes on as if it had never stopped.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
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
_LOCK_GRACE_S: Final = 5
_SEED_STRIDE: Final = 1_000_003  # a prime: (seed, number) pairs do not collide
_SEED_LIMIT: Final = 2**32
_STATES: Final = {
    "finished": TrialState.COMPLETE,
    "stopped": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


@dataclass(frozen=True)
class Suggestion:
    """One trial to run: its number, where it came from and the values of its parameters."""

    number: int
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

    def enqueue(self, values: Mapping[str, Any], source: str) -> None:
        """Let ``values`` (dotted name -> value) be the next suggestion not yet asked for."""
        answers = OptunaAnswers(self._space.encode(values, self._base))
        self._space.draw(answers, self._base)
        self._study.enqueue_trial(
            answers.params, user_attrs={"source": source, "values": dict(values)}
        )

    def ask(self) -> Suggestion:
        """Return the next trial: an enqueued one, else the sampler's proposal."""
        number = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = make_sampler(
            self._algorithm, (self._seed * _SEED_STRIDE + number) % _SEED_LIMIT
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental notes of samplers, told to nobody
            trial = self._study.ask()
            values = self._space.draw(OptunaSuggest(trial), self._base)
        known = trial.user_attrs
        if "source" in known:
            return Suggestion(trial.number, known["source"], dict(known["values"]))
        trial.set_user_attr("source", "search")
        trial.set_user_attr("values", values)
        return Suggestion(trial.number, "search", values)

    def tell(self, number: int, outcome: Outcome, value: float | None) -> None:
        """Record how trial ``number`` ended; ``value`` is its best metric, None without one."""
        state = _STATES[outcome]
        if state is TrialState.COMPLETE and value is None:
            state = TrialState.FAIL
        told = value if state is TrialState.COMPLETE else None
        self._study.tell(number, told, state=state, skip_if_finished=True)
