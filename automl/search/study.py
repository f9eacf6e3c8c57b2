"""A sweep's study: an Optuna study in an append-only journal, with ask and tell by ticket.

A suggestion depends only on the seed, the number of draws before it and the trials' results, since
each draw has a new sampler: a resumed sweep suggests what it would have suggested without the
interruption. No configuration, after rounding, is suggested twice.
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain, islice, repeat
from pathlib import Path
from typing import Any, Final

import optuna
from optuna.trial import FrozenTrial, create_trial

from automl.constants import Fault, TrialSource, TrialState
from automl.search.grid import grid_size
from automl.search.journal import SweepJournal, journal_damage_explained, open_study
from automl.search.keys import VALUES, Key, keyed_grid, repeats_at_end
from automl.search.learnable import learnable
from automl.search.optuna_suggest import OptunaAnswers, OptunaSuggest
from automl.search.outcomes import (
    finished_results,
    frozen_trial,
    record_end,
    record_epoch,
    reported_tickets,
)
from automl.search.samplers.bayes.cube import Cube
from automl.search.samplers.chain import SamplerChain
from automl.search.samplers.endings import with_endings
from automl.search.samplers.factory import DrawContext
from automl.search.samplers.failures import SamplerFailed, SamplerFailures
from automl.search.suggestion import Suggestion
from automl.search.trial_feedback import feedback_at_end
from automl.space import Space

STUDY_NAME: Final = "sweep"
SOURCE: Final = "source"
ORIGIN: Final = "origin"
_FALLBACKS: Final = ("tpe", "random")  # near the best, then by chance
_ATTEMPTS: Final = (2, 8, 40)  # by the sweep's sampler, then by the fallbacks


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
        listener: Callable[[SamplerFailed], None] = lambda failed: None,
        durable: bool = True,
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
            listener: is told of a sampler that fails, once; the next one proposes in its place.
            durable: whether a suggestion is on the disk before :meth:`ask` returns it.

        Raises:
            DamagedFileError: the journal is damaged, or holds another study.
        """
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = space
        self._base = base
        self._cube = Cube(space, base)
        self._algorithm = algorithm
        self._seed = seed
        self._repeats = repeats
        self._durable = durable
        self._failures = SamplerFailures(listener)
        self._journal = SweepJournal(path)
        with journal_damage_explained(path):
            self._study = open_study(self._journal, STUDY_NAME, [direction, *further])
            trials = self._study.get_trials(deepcopy=False)
            known = [trial.user_attrs for trial in trials]
            self._origins = {attrs[ORIGIN] for attrs in known if ORIGIN in attrs}
            self._seen = {space.canonical(attrs[VALUES]) for attrs in known if VALUES in attrs}
        # Counted here, since reading all trials for each of 10,000 takes most of a sweep's time.
        self._drawn = sum(VALUES in attrs or ORIGIN in attrs for attrs in known)
        self._waiting = sum(trial.state is optuna.trial.TrialState.WAITING for trial in trials)
        self._unstarted: deque[Suggestion] = deque()
        self._attempted = 0  # draws of the next suggestion that a killed driver has made already
        self._grid = keyed_grid(space, base, seed) if grid_size(space, base) else None

    def name_metrics(self, names: Sequence[str]) -> None:
        """Name the objectives, for users of Optuna's own tools."""
        if self._study.metric_names is None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self._study.set_metric_names(list(names))

    @property
    def waits(self) -> bool:
        """Whether the next trial must wait for others: never in a study (a population waits)."""
        return False

    @property
    def needed(self) -> frozenset[int]:
        """The trials from whose checkpoints others may still continue: none in a study."""
        return frozenset()

    @property
    def reported(self) -> frozenset[int]:
        """The tickets of all trials of this sweep that reported a metric."""
        return reported_tickets(self._study, excluded=ORIGIN)

    @property
    def results(self) -> list[tuple[dict[str, Any], float]]:
        """Configuration and first objective, lower is better, of this sweep's trials that are over.

        A trial that a scheduler stopped has the value that its curve was heading for.
        """
        return finished_results(with_endings(self._study), VALUES, excluded=ORIGIN)

    @property
    def queued(self) -> bool:
        """Whether the next suggestion is known: enqueued, or left by a killed driver."""
        return bool(self._unstarted) or self._waiting > 0

    def knows(self, values: Mapping[str, Any]) -> bool:
        """Return whether a configuration was enqueued or suggested before."""
        return self._space.canonical(values) in self._seen

    def enqueue(self, values: Mapping[str, Any], source: str) -> bool:
        """Queue a configuration (dotted name -> value).

        Queued ones are suggested in their order, before any that the sampler draws. Returns False,
        and queues nothing, if it was queued or suggested before.
        """
        if self.knows(values):
            return False
        self._queue(values, source)
        return True

    def _queue(self, values: Mapping[str, Any], source: str) -> None:
        self._seen.add(self._space.canonical(values))
        answers = self._answers(values)
        self._study.enqueue_trial(answers.params, user_attrs={SOURCE: source, VALUES: dict(values)})
        self._waiting += 1
        self._drawn += 1

    def holds(self, ticket: int, values: Mapping[str, Any]) -> bool:
        """Return whether the trial with a ticket is there, and has these values."""
        trials = self._study.get_trials(deepcopy=False)
        known = trials[ticket].user_attrs.get(VALUES) if ticket < len(trials) else None
        return known is not None and self._space.canonical(known) == self._space.canonical(values)

    def retake(self, ticket: int, values: Mapping[str, Any], source: str) -> bool:
        """Recreate a trial of a lost study; return whether ticket and values match.

        Call it in the order of tickets: those left out become failed attempts, which count as
        draws.
        """
        trials = self._study.get_trials(deepcopy=False)
        for _ in range(ticket - len(trials)):
            attempt = create_trial(state=optuna.trial.TrialState.FAIL, user_attrs={VALUES: {}})
            self._study.add_trial(attempt)
            self._drawn += 1
        if ticket >= len(trials):
            self._queue(values, source)
        found = self._propose("random")
        return found is not None and found.ticket == ticket and self.holds(ticket, values)

    def add_known(
        self,
        origin: str,
        values: Mapping[str, Any],
        value: float,
        further: Sequence[float] = (),
    ) -> None:
        """Add a trial of another sweep, named ``origin``, to what the sampler learns from, once."""
        learned = [each for each in map(learnable, (value, *further)) if each is not None]
        if origin in self._origins or len(learned) < len(self._study.directions):
            return
        self._origins.add(origin)
        answers = self._answers(values)
        self._study.add_trial(
            create_trial(
                values=learned,
                params=answers.params,
                distributions=answers.distributions,
                user_attrs={ORIGIN: origin},
            )
        )
        self._drawn += 1

    def _answers(self, values: Mapping[str, Any]) -> OptunaAnswers:
        answers = OptunaAnswers(self._space.encode(values, self._base))
        self._space.draw(answers, self._base)
        return answers

    def ask(self) -> Suggestion | None:
        """Return the next trial: an enqueued one, else a configuration that was not tried yet.

        None if a finite space is exhausted, or no attempt finds a new configuration.
        """
        suggestion = self._next()
        if self._durable:
            self._journal.sync()
        return suggestion

    def ask_for(self, values: Mapping[str, Any], source: str) -> Suggestion | None:
        """Return a trial of exactly these values, tried before or not.

        A suggestion that a killed driver had not started comes first: it has the same values.
        """
        if not self.queued:
            self._queue(values, source)
        return self.ask()

    def _next(self) -> Suggestion | None:
        if self._unstarted:
            return self._unstarted.popleft()
        waiting = self._waiting > 0
        untried = None if waiting or self._grid is None else self._untried(self._grid)
        if self._grid is not None and not waiting and untried is None:
            return None
        if untried is not None and self._algorithm == "grid":
            self._queue(untried, TrialSource.SEARCH)
        names = chain.from_iterable(map(repeat, (self._algorithm, *_FALLBACKS), _ATTEMPTS))
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
            return list(grid.values())[self._drawn % len(grid)]
        return found

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
        """Record how a trial ended; see :func:`automl.search.trial_feedback.feedback_at_end`."""
        record_end(self._study, ticket, feedback_at_end(outcome, (value, *further), fault, se))

    def reject(self, ticket: int) -> None:
        """Record that a suggestion does not start since it cannot fit into memory."""
        self.tell(ticket, TrialState.FAILED, None, fault=Fault.OUT_OF_MEMORY)

    def report(self, ticket: int, epoch: int, value: float) -> None:
        """Record the metric after ``epoch``: what the sampler knows of a trial that is stopped."""
        record_epoch(self._study, ticket, epoch, value)

    def is_over(self, ticket: int) -> bool:
        """Return whether a trial's end is recorded."""
        return bool(frozen_trial(self._study, ticket).state.is_finished())

    def resume(self, tickets: Collection[int]) -> None:
        """End or reuse what a killed driver left running, but for ``tickets``, which run again.

        A complete suggestion is the next that :meth:`ask` returns, so that a kill between two
        writes does not change which configurations are tried; a half written one is recorded as
        failed and ignored. Repeated configurations at the end were failed attempts at the next
        suggestion.
        """
        trials = self._study.get_trials(deepcopy=False)
        keys = [self._key(trial) for trial in trials]
        for trial in trials:
            if trial.state is not optuna.trial.TrialState.RUNNING or trial.number in tickets:
                continue
            key = keys[trial.number]
            if key is None or (key in keys[: trial.number] and not self._repeats):
                self._study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
            else:
                self._draw_rest(trial)
                attrs = trial.user_attrs
                self._unstarted.append(Suggestion(trial.number, attrs[SOURCE], dict(attrs[VALUES])))
        if not self._repeats:
            self._attempted = repeats_at_end(keys) % sum(_ATTEMPTS)

    def _draw_rest(self, trial: FrozenTrial) -> None:
        """Draw the parameters that an enqueued trial lacks because its driver was killed.

        Otherwise it would leave samplers that use the parameters common to all trials none.
        """
        self._study.sampler = self._sampler("random", trial.number)
        self._space.draw(OptunaSuggest(optuna.Trial(self._study, trial._trial_id)), self._base)

    def _key(self, trial: FrozenTrial) -> Key | None:
        values = trial.user_attrs.get(VALUES)
        return None if values is None else self._space.canonical(values)

    def _sampler(self, algorithm: str, drawn: int) -> SamplerChain:
        """Return what draws the next trial: ``algorithm``, else the next that does not fail."""
        fallbacks = _FALLBACKS if algorithm != "random" else ()
        return SamplerChain((algorithm, *fallbacks), self._context(drawn), self._failures)

    def _context(self, drawn: int) -> DrawContext:
        return DrawContext(self._seed, drawn, self._cube)

    def _propose(self, algorithm: str) -> Suggestion | None:
        """Return an enqueued trial or a new configuration; None if it was tried before."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # samplers warn that they are experimental
            self._study.sampler = self._sampler(algorithm, self._drawn)
            trial = self._study.ask()
            values = self._space.draw(OptunaSuggest(trial), self._base)
        known = trial.user_attrs
        if SOURCE in known:
            self._waiting -= 1
            return Suggestion(trial.number, known[SOURCE], dict(known[VALUES]))
        trial.set_user_attr(SOURCE, TrialSource.SEARCH)
        trial.set_user_attr(VALUES, values)
        self._drawn += 1
        key = self._space.canonical(values)
        if key in self._seen and not self._repeats:
            self.tell(trial.number, TrialState.FAILED, None)
            return None
        self._seen.add(key)
        return Suggestion(trial.number, TrialSource.SEARCH, values)
