"""One simulated sweep: the product's sampler and rungs over a surrogate, in simulated time."""

from __future__ import annotations

import heapq
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from automl.constants import STUDY_FILE, TrialSource, TrialState
from automl.results.simulation.surrogate import SimulatedTraining, World
from automl.search.scheduler import Scheduler
from automl.space import Space
from automl.trial.objective import Objective

if TYPE_CHECKING:
    from automl.search.study import Study
    from automl.search.suggestion import Suggestion
    from automl.sweep.schedulers import StoppingScheduler

_LAST: Final = 0.2  # of the suggestions show what one costs at the sweep's end


@dataclass(frozen=True)
class SweepChoice:
    """A way to run a sweep: who proposes, who stops, on how many workers, how many trials."""

    algorithm: str
    scheduler: Scheduler
    workers: int
    trials: int

    @property
    def name(self) -> str:
        """The choice in words."""
        several = "s" if self.workers > 1 else ""
        rungs = f" with {self.scheduler.name}" if self.scheduler.acts else ""
        return f"{self.algorithm}{rungs} on {self.workers} worker{several}"


@dataclass(frozen=True)
class SearchTarget:
    """What is searched: the space, the spec of all that is not searched, the objective."""

    space: Space
    base: Mapping[str, Any]
    objective: Objective


@dataclass(frozen=True)
class Moment:
    """A change of the champion: seconds so far, those of all workers added up, and its worth."""

    seconds: float
    worked: float
    worth: float


@dataclass
class Replay:
    """What one simulated sweep did.

    Attributes:
        moments: every change of the champion (the trial with the best value), with the mean value
            of its configuration, not the lucky one that the trial reached.
        seconds: until the last trial ended; worked: of all workers together.
        trials, stopped: how many ended, and how many of them a rung stopped.
        champion: its parameters.
        asked: the sampler's CPU seconds for each trial: for its suggestion, its reports and its
            end.
        cut: whether it ended early since the sampler took too long.
    """

    moments: list[Moment] = field(default_factory=list)
    seconds: float = 0.0
    worked: float = 0.0
    trials: int = 0
    stopped: int = 0
    champion: Mapping[str, Any] | None = None
    asked: list[float] = field(default_factory=list)
    cut: bool = False

    @property
    def suggestion_s(self) -> float:
        """The CPU seconds of a suggestion at the sweep's end."""
        last = sorted(self.asked[-max(1, round(len(self.asked) * _LAST)) :])
        return last[len(last) // 2] if last else 0.0


def replay(
    target: SearchTarget, choice: SweepChoice, world: World, seed: int, limit_s: float
) -> Replay:
    """Simulate a sweep to its end.

    Args:
        target: what is searched.
        choice: how.
        world: where its trials train.
        seed: of the sampler.
        limit_s: CPU seconds that the sampler may take; then no further trial starts.
    """
    with tempfile.TemporaryDirectory(prefix="automl-simulate-") as folder:
        study = _study(Path(folder), target, choice, seed)
        return _Driver(target, choice, world, study, limit_s).run()


def _study(folder: Path, target: SearchTarget, choice: SweepChoice, seed: int) -> Study:
    from automl.search.study import Study  # Optuna takes long to import

    study = Study(
        folder / STUDY_FILE,
        space=target.space,
        base=target.base,
        algorithm=choice.algorithm,
        direction=target.objective.direction,
        seed=seed,
        durable=False,
    )
    study.enqueue(target.space.defaults(target.base), TrialSource.DEFAULT)
    return study


def _scheduler(choice: SweepChoice, objective: Objective) -> StoppingScheduler | None:
    if not choice.scheduler.acts:
        return None
    # Ray takes long to import; nothing starts it
    from automl.sweep.schedulers import make_scheduler

    return make_scheduler(choice.scheduler, objective, ())


@dataclass
class _Trial:
    suggestion: Suggestion
    number: int
    training: SimulatedTraining
    began: float
    best: float | None = None


class _Driver:
    """The queue of what happens next, and the clock that it moves."""

    def __init__(
        self, target: SearchTarget, choice: SweepChoice, world: World, study: Study, limit_s: float
    ) -> None:
        self._objective, self._choice, self._world = target.objective, choice, world
        self._study, self._limit_s = study, limit_s
        self._scheduler = _scheduler(choice, target.objective)
        self._queue: list[tuple[float, int, int]] = []
        self._running: dict[int, _Trial] = {}
        self._started, self._cpu, self._spent = 0, 0.0, 0.0
        self._exhausted = False
        self._told: float | None = None
        self._found = Replay()

    def run(self) -> Replay:
        """Start and end trials until none is left."""
        self._fill()
        while self._queue:
            now, number, place = heapq.heappop(self._queue)
            self._found.worked += len(self._running) * (now - self._found.seconds)
            self._found.seconds = now
            self._reach(self._running[number], place)
            self._fill()
        return self._found

    def _fill(self) -> None:
        """Start trials on the workers that are free."""
        choice, found = self._choice, self._found
        while len(self._running) < choice.workers and self._started < choice.trials:
            if self._exhausted or found.cut:
                return
            with self._timed():
                suggestion = self._study.ask()
            found.asked.append(self._cpu)
            self._exhausted = suggestion is None
            if suggestion is not None:
                self._start(suggestion)
            found.cut = self._spent > self._limit_s and self._started < choice.trials

    def _start(self, suggestion: Suggestion) -> None:
        number, self._started = self._started, self._started + 1
        training = self._world.train(suggestion.values, number)
        self._running[number] = _Trial(suggestion, number, training, self._found.seconds)
        self._push(self._running[number], 0)

    def _push(self, trial: _Trial, place: int) -> None:
        due = trial.began + float(trial.training.seconds[place])
        heapq.heappush(self._queue, (due, trial.number, place))

    def _reach(self, trial: _Trial, place: int) -> None:
        """A trial reports an epoch: it goes on, ends, or is stopped."""
        training = trial.training
        if training.fails:
            self._end(trial, TrialState.FAILED)
            return
        value, last = float(training.values[place]), place + 1 == len(training.epochs)
        trial.best = value if self._objective.better(value, trial.best) else trial.best
        if self._scheduler is not None and not self._goes_on(trial, training.epochs[place], value):
            self._found.stopped += 1
            self._end(trial, TrialState.STOPPED)
        elif last:
            self._end(trial, TrialState.FINISHED)
        else:
            self._push(trial, place + 1)

    def _goes_on(self, trial: _Trial, epoch: int, value: float) -> bool:
        assert self._scheduler is not None  # the caller asked
        with self._timed():
            self._study.report(trial.suggestion.ticket, epoch, value)
        self._found.asked[trial.number] += self._cpu
        return self._scheduler.decide(trial.number, epoch, value)

    def _end(self, trial: _Trial, state: TrialState) -> None:
        del self._running[trial.number]
        self._found.trials += 1
        with self._timed():
            self._study.tell(trial.suggestion.ticket, state, trial.best)
        self._found.asked[trial.number] += self._cpu
        if trial.best is not None and self._objective.better(trial.best, self._told):
            self._told = trial.best
            self._found.champion = trial.suggestion.values
            moment = Moment(self._found.seconds, self._found.worked, trial.training.worth)
            self._found.moments.append(moment)

    @contextmanager
    def _timed(self) -> Iterator[None]:
        """Measure the processor time of what the sampler does."""
        began = time.process_time()
        yield
        self._cpu = time.process_time() - began
        self._spent += self._cpu
