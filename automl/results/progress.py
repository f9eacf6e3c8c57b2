"""How far a run is, read from its folder alone: it works on running and dead runs alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import COL_EPOCHS, COL_SOURCE, COL_STATE, LEDGER_FILE, TrialSource, TrialState
from automl.results.confirmation import candidates, final_champion
from automl.results.confirmation_plan import confirm_of
from automl.results.ending import Ending, Failures, ending_of, failures_of
from automl.results.plan_file import is_sweep, objective_of, read_plan
from automl.results.rows import trial_rows
from automl.results.run_folders import are_tables_whole
from automl.results.throughput import at_once_of, measured_pace, probed_seconds
from automl.trial.history import OVER, TrialHistory, trial_histories
from automl.trial.job import trial_id
from automl.trial.ledger import read_ledger, seconds_used
from automl.trial.objective import Objective


@dataclass(frozen=True)
class RunningTrial:
    """A trial without an end: epochs so far, latest metric, and its start less what breaks took."""

    trial: str
    epochs: int
    value: float | None
    since: float


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands.

    Attributes:
        states: number of trials by state; a trial without an end counts as ``running``, which
            it is only while somebody drives the run.
        budget: trials to run, None where only time limits the run.
        best: the best row so far, None without one; baseline: the defaults' row.
        under_way: each trial without an end.
        last: time of the last event in seconds since the epoch, None without events.
        used_s: seconds of wall time, without what lay between two sessions.
        curve: the best value so far after each trial that ended with one.
        longest: the most epochs that a trial finished.
        pace: how many trials end in a second, None before the first end.
        probed_s: how long the whole run takes by its probe, at least and at most; None without.
        ending: how the run ended, if nobody drives it now.
        sweep: whether it is a sweep, not one direct run.
        failures: what trials failed for, the most frequent cause first.
    """

    objective: Objective
    states: Mapping[str, int]
    budget: int | None
    best: Mapping[str, Any] | None
    baseline: Mapping[str, Any] | None
    under_way: tuple[RunningTrial, ...]
    last: float | None
    ending: Ending
    sweep: bool = True
    failures: tuple[Failures, ...] = ()
    used_s: float = 0.0
    curve: tuple[float, ...] = ()
    longest: int = 0
    pace: float | None = None
    probed_s: tuple[float, float] | None = None

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
    def probed_left(self) -> tuple[float, float] | None:
        """What is left by the probe, at least and at most, until a trial's end says it better."""
        if self.pace is not None or self.probed_s is None:
            return None
        low, high = (max(0.0, each - self.used_s) for each in self.probed_s)
        return low, high


def run_progress(folder: Path) -> RunProgress:
    """Return where the run in ``folder`` stands.

    Raises:
        InputError: the folder is no run's.
    """
    plan = read_plan(folder)
    objective = objective_of(plan)
    events = read_ledger(folder / LEDGER_FILE)
    histories = trial_histories(events)
    rows = trial_rows(events, objective)
    at_once, budget = at_once_of(plan), _budget(plan, rows)
    return RunProgress(
        objective=objective,
        states=Counter(str(row[COL_STATE]) for row in rows),
        budget=budget,
        best=final_champion(rows, objective, plan.get("confirm")),
        baseline=next((row for row in rows if row[COL_SOURCE] == TrialSource.DEFAULT), None),
        under_way=tuple(_under_way(histories, objective)),
        last=events[-1]["time"] if events else None,
        ending=ending_of(plan, events, rows, written=are_tables_whole(folder)),
        sweep=is_sweep(plan),
        failures=failures_of(rows),
        used_s=seconds_used(events),
        curve=tuple(_curve(histories, objective)),
        longest=max(
            (int(r[COL_EPOCHS]) for r in rows if r[COL_STATE] == TrialState.FINISHED), default=0
        ),
        pace=measured_pace(events, histories, at_once),
        probed_s=probed_seconds(plan.get("probed_trial_s") or (), budget, at_once),
    )


def _budget(plan: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> int | None:
    """The trials to run; a confirmation's come on top once it has begun."""
    budget: int | None = plan.get("trials")
    confirm = confirm_of(plan)
    begun = any(row[COL_SOURCE] == TrialSource.CONFIRM for row in rows)
    if confirm is None or not begun:
        return budget
    searched = len([row for row in rows if row[COL_SOURCE] != TrialSource.CONFIRM])
    able = candidates(rows, objective_of(plan), confirm.best)
    return searched + len(able) * confirm.repeats


def _under_way(histories: Sequence[TrialHistory], objective: Objective) -> Iterator[RunningTrial]:
    for history in histories:
        if history.state is None:
            latest = history.epochs[-1] if history.epochs else None
            value = latest["kpi"].get(objective.metric) if latest else None
            name, epochs = trial_id(history.start["number"]), latest["epoch"] if latest else 0
            yield RunningTrial(name, epochs, value, history.since)


def _curve(histories: Sequence[TrialHistory], objective: Objective) -> Iterator[float]:
    """The best value so far, trial by trial in the order in which they ended."""
    best: float | None = None
    ended = [h for h in histories if h.is_over and h.state != TrialState.FAILED]
    for history in sorted(ended, key=lambda h: float(h.end["time"]) if h.end else 0.0):
        value = objective.best(history.values(objective).values())
        if history.start["source"] != TrialSource.CONFIRM and value is not None:
            best = value if objective.better(value, best) else best
            yield value if best is None else best
