"""Everything that a run's folder says of the run, read once: plan, trials, time and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from automl.constants import COL_GPUS, COL_SOURCE, COL_STATE, LEDGER_FILE, TrialSource, TrialState
from automl.results.confirmation import Confirmed, confirmation, final_champion
from automl.results.ending import Ending, ending_of
from automl.results.plan_file import further_of, objective_of, read_plan
from automl.results.rows import champion, trial_rows
from automl.results.run_folders import are_tables_whole, run_folders, run_labels
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger import EPOCH, read_ledger, seconds_used
from automl.trial.objective import Objective

HOUR = 3600.0


@dataclass(frozen=True)
class Progress:
    """A new best value: after how many seconds of the run, by which trial, at which epoch."""

    seconds: float
    number: int
    epoch: int
    value: float


@dataclass(frozen=True)
class RunFacts:
    """A run as it is on disk.

    Attributes:
        folder: the run's folder.
        label: what the run is called beside others.
        plan: the content of its plan.
        events: the ledger's events, oldest first.
    """

    folder: Path
    label: str
    plan: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]

    @property
    def objective(self) -> Objective:
        """What the run optimises."""
        return objective_of(self.plan)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All that the run optimises, :attr:`objective` first."""
        return (self.objective, *further_of(self.plan))

    @cached_property
    def histories(self) -> list[TrialHistory]:
        """One history per trial, in order of their numbers."""
        return trial_histories(self.events)

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per trial, with the columns of the trial table."""
        return trial_rows(self.events, self.objective, self.objectives[1:])

    @cached_property
    def ending(self) -> Ending:
        """How the run ended, if nobody drives it now."""
        written = are_tables_whole(self.folder)
        return ending_of(self.plan, self.events, self.rows, written=written)

    @property
    def searched(self) -> list[dict[str, Any]]:
        """The rows of the search: those that confirm its best ones are left out."""
        return [row for row in self.rows if row[COL_SOURCE] != TrialSource.CONFIRM]

    @property
    def best_searched(self) -> Mapping[str, Any] | None:
        """The row of the search's best trial, whatever a confirmation says; None without one."""
        return champion(self.searched, self.objective)

    @property
    def champion(self) -> Mapping[str, Any] | None:
        """The row of the trial that is handed over, None without one."""
        return final_champion(self.rows, self.objective, self.plan.get("confirm"))

    @property
    def confirmation(self) -> list[Confirmed]:
        """The configurations that were trained again, the best mean first."""
        confirm = self.plan.get("confirm")
        return confirmation(self.rows, self.objective, confirm["seed_key"]) if confirm else []

    @property
    def baseline(self) -> Mapping[str, Any] | None:
        """The row of the trial with the packaged defaults, None without one."""
        return next((row for row in self.rows if row[COL_SOURCE] == TrialSource.DEFAULT), None)

    @property
    def wall_seconds(self) -> float:
        """How long the run went on, all sessions together."""
        return seconds_used(self.events)

    @property
    def trial_seconds(self) -> float:
        """How long all trials ran, added up."""
        return sum(history.seconds for history in self.histories)

    @property
    def gpu_seconds(self) -> float:
        """Trial time times the GPUs that the trial had, added up."""
        return sum(
            history.seconds * float(row[COL_GPUS] or 0)
            for history, row in zip(self.histories, self.rows, strict=True)
        )

    def count(self, *states: str) -> int:
        """Return how many trials are in one of ``states``."""
        return sum(row[COL_STATE] in states for row in self.rows)

    def bests(self) -> Iterator[Progress]:
        """Yield every epoch that set a new best of the run, in the order in which they came.

        Epochs of trials that failed, or confirm earlier ones, do not count.
        """
        aside = {
            history.start["number"]
            for history in self.histories
            if history.state == TrialState.FAILED or history.start["source"] == TrialSource.CONFIRM
        }
        objective, best = self.objective, None
        for seconds, event in _timed(self.events):
            if event["event"] != EPOCH or event["number"] in aside:
                continue
            value = event["kpi"].get(objective.metric)
            if value is not None and value == value and objective.better(value, best):
                best = value
                yield Progress(seconds, event["number"], event["epoch"], value)


def read_facts(runs: Any) -> list[RunFacts]:
    """Return what the folders of ``runs`` say: one folder, a glob, or several of either.

    Raises:
        InputError: no run's folder is there.
    """
    folders = run_folders(runs)
    return [
        RunFacts(folder, label, read_plan(folder), read_ledger(folder / LEDGER_FILE))
        for folder, label in zip(folders, run_labels(folders), strict=True)
    ]


def _timed(
    events: Sequence[Mapping[str, Any]],
) -> Iterator[tuple[float, Mapping[str, Any]]]:
    """Each event with the seconds that the run had gone on, without the time between sessions."""
    used, last = 0.0, None
    for event in events:
        if event["event"] != "session" and last is not None:
            used += event["time"] - last
        last = event["time"]
        yield used, event
