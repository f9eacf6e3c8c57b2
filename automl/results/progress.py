"""How far a run is, whether a process drives it or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from automl.constants import COL_EPOCHS, COL_STATE, TrialState
from automl.results.champion.confirmation import candidates
from automl.results.champion.decide import Champion
from automl.results.champion.final import FinalResult
from automl.results.champion.start import StartCheckpoint
from automl.results.ending import Ending, ending_of
from automl.results.epochs import epochs_trained
from automl.results.failures.groups import Failures, failures_of
from automl.results.proposals import Proposals, proposals_of
from automl.results.run import Run
from automl.results.table.rows import labels_of
from automl.results.throughput import at_once_of, measured_pace, probed_seconds
from automl.trial.data.roots import DataRoots
from automl.trial.history import OVER
from automl.trial.job import trial_id
from automl.trial.ledger.events import EndEvent
from automl.trial.objective import Objective

_COUNTED: Final = OVER - {TrialState.FAILED}


@dataclass(frozen=True)
class RunningTrial:
    """A trial without an end event: its epochs so far, latest metric, and (adjusted) start time."""

    trial: str
    epochs: int
    value: float | None
    since: float


@dataclass(frozen=True)
class RunProgress:
    """The progress of a run.

    Attributes:
        states: number of trials by state; a trial without an end counts as ``running``, which
            it is only while somebody drives the run.
        budget: trials to run, None where only time limits the run.
        best: the champion's row so far, None without one.
        decision: how the champion stands to the defaults.
        final: what the final test says of both, None without one (yet).
        start: what the checkpoint reached that trials start from, None without one.
        under_way: each trial without an end.
        last: time of the last event in seconds since the epoch, None without events.
        used_s: seconds of wall time, without the time between two sessions.
        curve: the best value so far after each trial that ended with one.
        longest: the most epochs that a trial finished.
        pace: how many trials end in a second, None before the first end.
        probed_s: how long the whole run takes by its probe, at least and at most; None without.
        ending: how the run ended, if nobody drives it now.
        sweep: whether it is a sweep, not one direct run.
        failures: what trials failed for, the most frequent cause first.
        data: the data roots, for people to read.
        labels: dotted name -> short name of each parameter.
        proposals: who proposed beside the sampler -> what became of it.
    """

    objective: Objective
    states: Mapping[str, int]
    budget: int | None
    best: Mapping[str, Any] | None
    under_way: tuple[RunningTrial, ...]
    last: float | None
    ending: Ending
    sweep: bool = True
    failures: tuple[Failures, ...] = ()
    used_s: float = 0.0
    curve: tuple[float, ...] = ()
    longest: int = 0
    decision: Champion | None = None
    final: FinalResult | None = None
    start: StartCheckpoint | None = None
    pace: float | None = None
    probed_s: tuple[float, float] | None = None
    data: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    proposals: Mapping[str, Proposals] = field(default_factory=dict)

    @property
    def over(self) -> int:
        """How many trials are over for good: those that were cut short run again."""
        return sum(count for state, count in self.states.items() if state in OVER)

    def states_with(self, *, driven: bool) -> Mapping[str, int]:
        """Return the number of trials by state: without a driver none of them runs any more."""
        if driven or TrialState.RUNNING not in self.states:
            return self.states
        states = Counter(self.states)
        states[TrialState.INTERRUPTED] += states.pop(TrialState.RUNNING)
        return states

    @property
    def trials_per_hour(self) -> float | None:
        """The pace so far, None before the first end."""
        return self.pace * 3600 if self.pace is not None else None

    @property
    def seconds_left(self) -> float | None:
        """What is left at this pace; None where the pace or the budget is not known."""
        if self.pace is None or self.budget is None:
            return None
        return max(0, self.budget - self.over) / self.pace

    @property
    def probed_seconds_left(self) -> tuple[float, float] | None:
        """Seconds left by the probe, at least and at most; None once a trial has ended."""
        if self.pace is not None or self.probed_s is None:
            return None
        low, high = (max(0.0, each - self.used_s) for each in self.probed_s)
        return low, high


def run_progress(run: Run) -> RunProgress:
    """Return the progress of a run."""
    rows = run.rows
    at_once, budget = at_once_of(run.plan), _budget(run)
    return RunProgress(
        objective=run.objective,
        states=Counter(str(row[COL_STATE]) for row in rows),
        budget=budget,
        best=run.champion_reported,
        under_way=tuple(_under_way(run)),
        last=run.events[-1].time if run.events else None,
        ending=ending_of(run),
        sweep=run.is_sweep,
        failures=failures_of(run),
        used_s=run.wall_seconds,
        curve=tuple(_curve(run)),
        decision=run.decision,
        final=run.final,
        start=run.start_checkpoint,
        longest=max(
            (int(r[COL_EPOCHS]) for r in rows if r[COL_STATE] == TrialState.FINISHED), default=0
        ),
        pace=measured_pace(run.events, run.histories, at_once),
        probed_s=probed_seconds(run.plan.get("probed_trial_s") or (), budget, at_once),
        data=tuple(DataRoots.from_dict(run.plan.get("data_roots")).lines()),
        labels=labels_of(rows, run.objective.column),
        proposals=proposals_of(run),
    )


def _budget(run: Run) -> int | None:
    """The trials to run; a confirmation's come on top once it has begun."""
    budget = run.trial_budget
    confirm, searched = run.confirm, run.searched
    if confirm is None or len(searched) == len(run.rows):
        return budget
    able = candidates(searched, run.objective, confirm.best, confirm.seed_key)
    return len(searched) + len(able) * confirm.repeats


def _under_way(run: Run) -> Iterator[RunningTrial]:
    for history in run.histories:
        if history.state is None:
            latest = history.epochs[-1] if history.epochs else None
            value = latest.kpi.get(run.objective.metric) if latest else None
            name = trial_id(history.number)
            epochs = epochs_trained(history, run.plan.get("spec") or {})
            yield RunningTrial(name, epochs, value, history.since)


def _curve(run: Run) -> Iterator[float]:
    """The best value so far, trial by trial in the order in which the search's trials ended."""
    objective, best = run.objective, None
    searched = {history.number: history for history in run.searched_histories}
    for event in run.events:
        history = searched.get(event.number) if isinstance(event, EndEvent) else None
        if history is None or history.end is not event or history.state not in _COUNTED:
            continue
        value = objective.best(history.values(objective).values())
        if value is not None:
            best = value if objective.better(value, best) else best
            yield value if best is None else best
