"""A run as its folder holds it: its plan and its ledger, each read once, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from automl.checked_yaml import damaged
from automl.constants import (
    COL_GPUS,
    COL_NUMBER,
    COL_SOURCE,
    COL_STATE,
    LEDGER_FILE,
    MEASURED_PREFIX,
    PLAN_FILE,
    START_FOLDER,
    RunStatus,
    TrialSource,
    TrialState,
)
from automl.errors import DamagedFileError, SpaceError
from automl.results.champion.confirmation import Confirmed, confirmation
from automl.results.champion.confirmation_plan import Confirm, confirm_of, split_confirmation
from automl.results.champion.decide import Champion, decide
from automl.results.champion.final import FinalResult, final_of
from automl.results.champion.final_test import has_final_test
from automl.results.champion.start import StartCheckpoint
from automl.results.files.evaluation import read_evaluation_file
from automl.results.ledger_file import ledger_content
from automl.results.plan_file import further_of, objective_of, parse_head, parse_plan, plan_text
from automl.results.table.rows import best_row, last_metrics, trial_rows
from automl.space import Space
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger.events import ClosedEvent, EpochEvent, LedgerEvent, SessionEvent
from automl.trial.ledger.gc_pause import gc_paused
from automl.trial.ledger.writer import parse_ledger, seconds_used
from automl.trial.objective import Objective

if TYPE_CHECKING:
    from automl.results.simulation.outlook import Outlook
    from automl.results.stopped import Stopped
    from automl.search.importance import Importances

HOUR = 3600.0


@dataclass(frozen=True)
class NewBest:
    """A new best value: after how many seconds of the run, by which trial, at which epoch."""

    seconds: float
    number: int
    epoch: int
    value: float


class Run:
    """A run as it is on disk; a file of it is read when something first asks for its content.

    Attributes:
        folder: the run's folder.
        label: what the run is called beside others.
    """

    def __init__(
        self,
        folder: Path,
        label: str = "",
        *,
        plan: Mapping[str, Any] | None = None,
        events: Sequence[LedgerEvent] | None = None,
    ) -> None:
        """``plan`` and ``events`` take the place of what the run's files say."""
        self.folder = folder
        self.label = label or folder.resolve().name
        self._plan = plan
        self._events = events

    @cached_property
    def plan(self) -> Mapping[str, Any]:
        """The content of the run's plan.

        Raises:
            InputError: the folder holds no plan, so it is no run's folder.
        """
        return parse_plan(self._plan_text, self.folder) if self._plan is None else self._plan

    @cached_property
    def head(self) -> Mapping[str, Any]:
        """The plan's first keys, which say what the run is; a whole plan takes long to parse."""
        if self._plan is not None:
            return self._plan
        try:
            return parse_head(self._plan_text)
        except DamagedFileError:  # whoever needs the plan says so
            return {}

    @cached_property
    def _plan_text(self) -> str | None:
        return plan_text(self.folder)

    @cached_property
    def events(self) -> Sequence[LedgerEvent]:
        """The ledger's events, oldest first.

        Raises:
            InputError: the ledger is damaged, or lost.
        """
        if self._events is not None:
            return self._events
        return parse_ledger(self.ledger, self.folder / LEDGER_FILE)

    @cached_property
    def ledger(self) -> bytes:
        """The content of the ledger's file, as :func:`ledger_content` says."""
        return ledger_content(self.folder)

    def with_event(self, event: LedgerEvent) -> Run:
        """Return the run with one more event."""
        return Run(self.folder, self.label, plan=self.plan, events=[*self.events, event])

    def with_trials(self, trials: int | None) -> Run:
        """Return the run with another budget of trials."""
        plan = {**self.plan, "trials": trials}
        return Run(self.folder, self.label, plan=plan, events=self.events)

    def check(self) -> None:
        """Raise InputError where the plan or the ledger cannot be read."""
        _ = self.plan, self.events

    @property
    def is_sweep(self) -> bool:
        """Whether the run is a sweep, not one direct run."""
        return self.plan.get("space") is not None

    @cached_property
    def space(self) -> Space:
        """What the run's plan, that of a sweep, says is searched.

        Raises:
            DamagedFileError: the plan holds no space.
        """
        try:
            return Space.from_json(self.plan["space"])
        except SpaceError as error:
            raise damaged(self.folder / PLAN_FILE, str(error)) from error

    @property
    def is_resumable(self) -> bool:
        """Whether the run can go on where it was cut short: a direct run needs a key for that."""
        return self.is_sweep or bool(self.plan.get("resume_keys"))

    @property
    def trial_budget(self) -> int | None:
        """How many trials the sweep may run; None without a limit."""
        budget: int | None = self.plan.get("trials")
        return budget

    @property
    def time_budget_s(self) -> float | None:
        """The seconds that the sweep's trials may take; None without a limit."""
        budget: float | None = self.plan.get("time_budget_s")
        return budget

    @property
    def repeats_configurations(self) -> bool:
        """Whether the sweep goes on once every configuration of a finite space was tried."""
        return bool((self.plan.get("course") or {}).get("repeats"))

    @property
    def is_population(self) -> bool:
        """Whether the run is population based training, whose trials go on from one another."""
        return bool(self.plan.get("population"))

    @property
    def scheduler_name(self) -> str | None:
        """The scheduler's name, ``none`` for a sweep without one; None for a direct run."""
        name: str | None = (self.plan.get("scheduler") or {}).get("name")
        return name

    @property
    def objective(self) -> Objective:
        """What the run optimises."""
        return objective_of(self.plan)

    @property
    def objectives(self) -> tuple[Objective, ...]:
        """All that the run optimises, :attr:`objective` first."""
        return (self.objective, *further_of(self.plan))

    @property
    def confirm(self) -> Confirm | None:
        """How the best trials are trained again at the end; None for not at all."""
        return confirm_of(self.plan)

    @cached_property
    def histories(self) -> list[TrialHistory]:
        """One history per trial, in order of their numbers."""
        return trial_histories(self.events)

    @property
    def searched_histories(self) -> list[TrialHistory]:
        """The histories of the search's trials, without those that confirm its best ones."""
        return [h for h in self.histories if h.start.source != TrialSource.CONFIRM]

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per trial, with the columns of the trial table."""
        return self.rows_of(self.histories)

    def rows_of(self, histories: Sequence[TrialHistory]) -> list[dict[str, Any]]:
        """Return the rows of some of its trials."""
        spec = self.plan.get("spec") or {}
        with gc_paused():
            return trial_rows(histories, self.objective, self.objectives[1:], spec)

    @property
    def searched(self) -> list[dict[str, Any]]:
        """The rows of the search: those that confirm its best ones are left out."""
        return [row for row in self.rows if row[COL_SOURCE] != TrialSource.CONFIRM]

    @property
    def best_searched(self) -> Mapping[str, Any] | None:
        """The row of the search's best trial, whatever a confirmation says; None without one."""
        return best_row(self.searched, self.objective)

    @cached_property
    def decision(self) -> Champion | None:
        """Which configuration is handed over and why, None where no trial has a value."""
        return decide(self.rows, self.objective, self.confirmation)

    @cached_property
    def final(self) -> FinalResult | None:
        """What the final test says of champion and defaults; None until the run is done.

        Raises:
            DamagedFileError: its file is damaged.
        """
        if not has_final_test(self.plan):
            return None
        last = self.events[-1] if self.events else None
        if not isinstance(last, ClosedEvent) or last.status != RunStatus.DONE:
            return None
        return final_of(self.decision, self.objective, read_evaluation_file(self.folder))

    @cached_property
    def start_checkpoint(self) -> StartCheckpoint | None:
        """The checkpoint that the trials start from; None unless an action measures trials."""
        checkpoint = self.plan.get("start_checkpoint")
        if checkpoint is None:
            return None
        folder = self.folder / START_FOLDER
        if not (folder / PLAN_FILE).is_file():
            return StartCheckpoint(checkpoint)
        histories = Run(folder).histories
        named = {f"{MEASURED_PREFIX}{k}": v for k, v in last_metrics(histories).items()}
        end, metric = (histories[0].end if histories else None), self.objective.metric
        failure = end.failure if end is not None and end.state == TrialState.FAILED else ""
        if end is not None and end.state == TrialState.FINISHED and metric not in named:
            failure = f"{metric} was not reported"
        return StartCheckpoint(checkpoint, named.get(metric), named, failure)

    @property
    def champion(self) -> Mapping[str, Any] | None:
        """The row of the trial whose checkpoint is handed over, None without one."""
        return self.decision.row if self.decision else None

    @property
    def champion_history(self) -> TrialHistory | None:
        """The champion's events, None without one."""
        number = self.champion[COL_NUMBER] if self.champion else None
        return next((history for history in self.histories if history.number == number), None)

    @property
    def champion_reported(self) -> Mapping[str, Any] | None:
        """The champion's row with the metrics that its best epoch reported, and no others.

        ``provenance.yaml`` and ``--json`` of ``automl run`` and ``automl status`` hold this row.
        """
        history = self.champion_history
        spec = self.plan.get("spec") or {}
        return trial_rows([history], self.objective, spec=spec)[0] if history else None

    @cached_property
    def confirmation(self) -> list[Confirmed]:
        """The configurations that were trained again, the best mean first."""
        confirm = self.confirm
        return confirmation(self.rows, self.objective, confirm.seed_key) if confirm else []

    @cached_property
    def importances(self) -> Importances:
        """How important each searched parameter was."""
        from automl.results.importances import run_importances  # Optuna takes long to import

        return run_importances(self.plan, self.histories, self.rows, self.objective)

    @cached_property
    def outlook(self) -> Outlook | None:
        """What ten more trials would bring; None where too few finished, or no model fits."""
        from automl.results.simulation.records import LEAST

        decision = self.decision
        if decision is None or not self.is_sweep or len(self.objectives) > 1:
            return None
        if sum(each.state == TrialState.FINISHED for each in self.histories) < LEAST:
            return None
        from automl.results.simulation.outlook import outlook_of  # SciPy takes long to import

        histories = {history.number: history for history in self.histories}
        champion = histories[decision.row[COL_NUMBER]].start.params
        return outlook_of(self.plan, self.histories, self.rows, self.objective, champion)

    @cached_property
    def stopped(self) -> Stopped | None:
        """What its scheduler did; None where it stopped no trial, or the run has none."""
        from automl.results.stopped import stopped_trials  # NumPy takes long to import

        return stopped_trials(self.plan, self.searched_histories, self.objective)

    @property
    def baseline(self) -> Mapping[str, Any] | None:
        """The row of the trial with the packaged defaults, None without one."""
        return next((row for row in self.rows if row[COL_SOURCE] == TrialSource.DEFAULT), None)

    @property
    def wall_seconds(self) -> float:
        """How long all sessions of the run took."""
        return seconds_used(self.events)

    @property
    def search_seconds(self) -> float:
        """How long its sessions took without the confirmation, which has no time budget."""
        return seconds_used(split_confirmation(self.events)[0])

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

    def bests(self) -> Iterator[NewBest]:
        """Yield every epoch that set a new best of the run, in the order in which they came.

        Epochs of trials that failed, or confirm earlier ones, do not count.
        """
        left_out = {
            history.number
            for history in self.histories
            if history.state == TrialState.FAILED or history.start.source == TrialSource.CONFIRM
        }
        objective, best = self.objective, None
        for seconds, event in timed(self.events):
            if not isinstance(event, EpochEvent) or event.number in left_out:
                continue
            value = event.kpi.get(objective.metric)
            if value is not None and value == value and objective.better(value, best):
                best = value
                yield NewBest(seconds, event.number, event.epoch, value)


def read_run(folder: Path) -> Run:
    """Return the run in ``folder``.

    Raises:
        InputError: the folder is no run's.
    """
    return Run(folder, plan=parse_plan(plan_text(folder), folder))


def timed(
    events: Sequence[LedgerEvent],
) -> Iterator[tuple[float, LedgerEvent]]:
    """Each event with the seconds that the run had gone on, without the time between sessions."""
    used, last = 0.0, None
    for event in events:
        if not isinstance(event, SessionEvent) and last is not None:
            used += event.time - last
        last = event.time
        yield used, event
