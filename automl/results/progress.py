"""How far a run is, read from its folder alone: it works on running and dead runs alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from automl.constants import COL_EPOCHS, COL_SOURCE, COL_STATE, COL_TRIAL, LEDGER_FILE
from automl.results.confirmation import final_champion
from automl.results.left import has_budget_left
from automl.results.rows import trial_rows
from automl.results.tables import objective_of, read_plan
from automl.trial.ledger import read_ledger
from automl.trial.objective import Objective


@dataclass(frozen=True)
class RunProgress:
    """Where a run stands.

    Attributes:
        states: number of trials by state; a trial without an end counts as ``running``.
        budget: trials to run, None where only time limits the run.
        best: the best row so far, None without one; baseline: the defaults' row.
        under_way: (trial id, epochs finished) of each trial without an end.
        last: time of the last event in seconds since the epoch, None without events.
        goes_on: whether ``automl run --resume`` would run another trial.
    """

    objective: Objective
    states: Mapping[str, int]
    budget: int | None
    best: Mapping[str, Any] | None
    baseline: Mapping[str, Any] | None
    under_way: tuple[tuple[str, int], ...]
    last: float | None

    @property
    def over(self) -> int:
        """How many trials are over for good: those that were cut short run again."""
        again = ("running", "interrupted", "retried")
        return sum(count for state, count in self.states.items() if state not in again)

    goes_on: bool


def run_progress(folder: Path) -> RunProgress:
    """Return where the run in ``folder`` stands.

    Raises:
        InputError: the folder is no run's.
    """
    plan = read_plan(folder)
    objective = objective_of(plan)
    events = read_ledger(folder / LEDGER_FILE)
    rows = trial_rows(events, objective)
    return RunProgress(
        objective=objective,
        states=Counter(str(row[COL_STATE]) for row in rows),
        budget=plan.get("trials"),
        best=final_champion(rows, objective, plan.get("confirm")),
        baseline=next((row for row in rows if row[COL_SOURCE] == "default"), None),
        under_way=_under_way(rows),
        last=events[-1]["time"] if events else None,
        goes_on=has_budget_left(plan, events),
    )


def _under_way(rows: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, int], ...]:
    open_rows = (row for row in rows if row[COL_STATE] == "running")
    return tuple((str(row[COL_TRIAL]), int(row[COL_EPOCHS])) for row in open_rows)
