"""A sweep's memory: an Optuna study on an append-only journal, asked and told by ticket.

A suggestion depends only on the seed, how many were drawn before it and what was told: samplers are
made afresh each time, so a sweep taken up again goes on as if it had never stopped. The same
configuration, after rounding, is never suggested twice.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.storages import JournalStorage
from optuna.trial import FrozenTrial, create_trial

from automl.constants import TrialSource, TrialState
from automl.search.constrained_sampler import CONSTRAINT, VIOLATED
from automl.search.grid import grid_size, shuffled_grid
from automl.search.journal import SweepJournal
from automl.search.optuna_suggest import OptunaAnswers, OptunaSuggest
from automl.search.samplers import DrawSeed, make_sampler
from automl.space import Space

Key = tuple[tuple[str, str], ...]


STUDY_NAME: Final = "sweep"


SOURCE: Final = "source"


VALUES: Final = "values"


ORIGIN: Final = "origin"


_ATTEMPTS: Final = (2, 8, 40)  # by the sweep's sampler, then by TPE near the best, then by chance


_STATES: Final = {
    TrialState.FINISHED: optuna.trial.TrialState.COMPLETE,
    TrialState.STOPPED: optuna.trial.TrialState.PRUNED,
    TrialState.FAILED: optuna.trial.TrialState.FAIL,
}


@dataclass(frozen=True)
class Suggestion:
    """One trial to run: the ticket to tell its end by, where it came from, its parameters.

    ``parent`` and ``until`` are a population's: the trial to go on from, the epoch to end at;
    ``changed`` are spec keys that it needs otherwise than its parameters say.
    """

    ticket: int
    source: str
    values: dict[str, Any]
    parent: int | None = None
    until: int | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)


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
        further: Sequence[str] = (),
        repeats: bool = False,
    ) -> None:
        """Open the journal at ``path`` (made when missing).

        Args:
            path: the journal file.
            space: the parameters to search.
            base: the resolved spec that holds every value that is not searched.
            algorithm: a name of :data:`automl.search.algorithm.ALGORITHMS`, suited to the space.
            direction: ``maximize`` or ``minimize``.
            seed: the sweep's seed.
            further: the directions of further objectives.
            repeats: whether a configuration may be suggested again.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._base = base
        self._algorithm = algorithm
        self._seed = seed
        self._repeats = repeats
        self._several = bool(further)
        self._journal = SweepJournal(path)
        self._storage = JournalStorage(self._journal)
        self._study = optuna.create_study(
            storage=self._storage,
            study_name=STUDY_NAME,
            directions=[direction, *further],
            load_if_exists=True,
        )
        known = [trial.user_attrs for trial in self._study.get_trials(deepcopy=False)]
        self._origins = {attrs[ORIGIN] for attrs in known if ORIGIN in attrs}
        self._seen = {space.canonical(attrs[VALUES]) for attrs in known if VALUES in attrs}
        self._left: deque[Suggestion] = deque()
        self._attempted = 0  # of the next suggestion, by a driver that died meanwhile
        self._grid = _keyed(space, base, seed) if grid_size(space, base) else None

    def name_metrics(self, names: Sequence[str]) -> None:
        """Say what the objectives are called, for those who look with Optuna's own tools."""
        if self._study.metric_names is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._study.set_metric_names(list(names))

    @property
    def waits(self) -> bool:
        """Whether the next trial must wait for others: never, a study always has one."""
        return False

    @property
    def needed(self) -> frozenset[int]:
        """The trials from whose checkpoints others may still go on: none."""
        return frozenset()

    def enqueue(self, values: Mapping[str, Any], source: str) -> None:
        """Let ``values`` (dotted name -> value) be the next suggestion not yet asked for.

        Nothing happens where they were enqueued or suggested before.
        """
        key = self._space.canonical(values)
        if key in self._seen:
            return
        self._queue(values, source)

    def _queue(self, values: Mapping[str, Any], source: str) -> None:
        self._seen.add(self._space.canonical(values))
        answers = self._answers(values)
        self._study.enqueue_trial(answers.params, user_attrs={SOURCE: source, VALUES: dict(values)})

    def add_known(
        self,
        origin: str,
        values: Mapping[str, Any],
        value: float,
        further: Sequence[float] = (),
    ) -> None:
        """Let the sampler know of a trial of another sweep; ``origin`` names it, once."""
        if origin in self._origins:
            return
        self._origins.add(origin)
        answers = self._answers(values)
        self._study.add_trial(
            create_trial(
                values=[value, *further],
                params=answers.params,
                distributions=answers.distributions,
                user_attrs={ORIGIN: origin},
            )
        )

    def _answers(self, values: Mapping[str, Any]) -> OptunaAnswers:
        answers = OptunaAnswers(self._space.encode(values, self._base))
        self._space.draw(answers, self._base)
        return answers

    def ask(self) -> Suggestion | None:
        """Return the next trial: an enqueued one, else a configuration that was not tried yet.

        None where a finite space is exhausted, or chance finds no new configuration.
        """
        suggestion = self._next()
        self._journal.sync()
        return suggestion

    def ask_for(self, values: Mapping[str, Any], source: str) -> Suggestion | None:
        """Return a trial of exactly these values, tried before or not.

        What a dead driver was about to start comes first: it is the same.
        """
        waiting = self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        if not self._left and not waiting:
            self._queue(values, source)
        return self.ask()

    def _next(self) -> Suggestion | None:
        if self._left:
            return self._left.popleft()
        waiting = self._study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.WAITING,))
        untried = None if waiting or self._grid is None else self._untried(self._grid)
        if self._grid is not None and not waiting and untried is None:
            return None
        if untried is not None and self._algorithm == "grid":
            self._queue(untried, TrialSource.SEARCH)
        names = chain.from_iterable(map(repeat, (self._algorithm, "tpe", "random"), _ATTEMPTS))
        attempted, self._attempted = self._attempted, 0
        for name in islice(names, 0 if waiting else attempted, None):
            suggestion = self._propose(name)
            if suggestion is not None:
                return suggestion
        if untried is not None:
            self._queue(untried, TrialSource.SEARCH)
            return self._propose("random")
        return None

    def _untried(self, grid: Mapping[Key, dict[str, Any]]) -> dict[str, Any] | None:
        found = next((values for key, values in grid.items() if key not in self._seen), None)
        if found is None and self._repeats:
            return list(grid.values())[self._drawn() % len(grid)]
        return found

    def _drawn(self) -> int:
        """How many configurations were drawn or are known."""
        trials = self._study.get_trials(deepcopy=False)
        return sum(VALUES in t.user_attrs or ORIGIN in t.user_attrs for t in trials)

    def tell(
        self,
        ticket: int,
        outcome: TrialState,
        value: float | None,
        *,
        further: Sequence[float | None] = (),
        violated: bool = False,
    ) -> None:
        """Record how a trial ended.

        Samplers of several objectives know no trials that were stopped: one counts for nothing.

        Args:
            ticket: the suggestion's.
            outcome: how it ended.
            value: its best metric, None without one.
            further: what it reached of the further objectives.
            violated: whether it failed because the configuration did not fit (out of memory):
                the samplers then learn where trials fit, and take it for no score.
        """
        state = _STATES[outcome]
        frozen = self._frozen(ticket)
        if violated and not frozen.state.is_finished():
            optuna.Trial(self._study, frozen._trial_id).set_constraint(CONSTRAINT, VIOLATED)
        reached = [value, *further]
        lacking = state is optuna.trial.TrialState.COMPLETE and None in reached
        if lacking or (self._several and state is optuna.trial.TrialState.PRUNED):
            state = optuna.trial.TrialState.FAIL
        told = reached if state is optuna.trial.TrialState.COMPLETE else None
        self._study.tell(ticket, told, state=state, skip_if_finished=True)

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Record the metric after ``epoch``: what the sampler knows of a trial that is stopped."""
        if self._several:
            return
        frozen = self._frozen(ticket)
        if epoch not in frozen.intermediate_values and not frozen.state.is_finished():
            optuna.Trial(self._study, frozen._trial_id).report(value, epoch)

    def is_over(self, ticket: int) -> bool:
        """Return whether a trial's end was told."""
        return bool(self._frozen(ticket).state.is_finished())

    def _frozen(self, ticket: int) -> FrozenTrial:
        """One trial, without a look at all others."""
        study_id = self._study._study_id
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(study_id, ticket)
        return self._storage.get_trial(trial_id)

    def resume(self, tickets: Collection[int]) -> None:
        """Clear up what a dead driver left running; ``tickets`` are known to run again.

        A suggestion that was complete when the driver died is the next that :meth:`ask` returns,
        so that a death between two writes changes nothing of what is tried; a half one is told
        FAIL and counts for nothing. Repeated ones at the end were attempts at the next.
        """
        trials = self._study.get_trials(deepcopy=False)
        keys = [self._key(trial) for trial in trials]
        for trial in trials:
            if trial.state is not optuna.trial.TrialState.RUNNING or trial.number in tickets:
                continue
            key = keys[trial.number]
            repeated = key in keys[: trial.number] and not self._repeats
            if key is None or repeated:
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            else:
                self._draw_rest(trial)
                attrs = trial.user_attrs
                self._left.append(Suggestion(trial.number, attrs[SOURCE], dict(attrs[VALUES])))
        if not self._repeats:
            self._attempted = _repeats_at_end(keys) % sum(_ATTEMPTS)

    def _draw_rest(self, trial: FrozenTrial) -> None:
        """Let the study have every parameter of an enqueued trial whose start a death tore.

        Samplers that look at what all trials have in common would else see nothing any more.
        """
        self._study.sampler = make_sampler("random", DrawSeed(self._seed, trial.number))
        self._space.draw(OptunaSuggest(optuna.Trial(self._study, trial._trial_id)), self._base)

    def _key(self, trial: FrozenTrial) -> Key | None:
        values = trial.user_attrs.get(VALUES)
        return None if values is None else self._space.canonical(values)

    def _propose(self, algorithm: str) -> Suggestion | None:
        """An enqueued trial or a new configuration; None where it was tried before."""
        drawn = self._drawn()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental notes of samplers, told to nobody
            self._study.sampler = make_sampler(algorithm, DrawSeed(self._seed, drawn))
            trial = self._study.ask()
            values = self._space.draw(OptunaSuggest(trial), self._base)
        known = trial.user_attrs
        if SOURCE in known:
            return Suggestion(trial.number, known[SOURCE], dict(known[VALUES]))
        trial.set_user_attr(SOURCE, TrialSource.SEARCH)
        trial.set_user_attr(VALUES, values)
        key = self._space.canonical(values)
        if key in self._seen and not self._repeats:
            self.tell(trial.number, TrialState.FAILED, None)
            return None
        self._seen.add(key)
        return Suggestion(trial.number, TrialSource.SEARCH, values)


def _repeats_at_end(keys: Sequence[Key | None]) -> int:
    """How many of the last configurations were there before; None is no whole configuration."""
    whole = [key for key in keys if key is not None]
    first = {key: place for place, key in reversed(list(enumerate(whole)))}
    return len(whole) - 1 - max(first.values(), default=-1)


def _keyed(space: Space, base: Mapping[str, Any], seed: int) -> dict[Key, dict[str, Any]]:
    return {space.canonical(values): values for values in shuffled_grid(space, base, seed)}
