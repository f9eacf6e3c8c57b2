"""How a run without a driver ended: done, failed or cut short, why, and what is left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.constants import (
    BEST_FOLDER,
    COL_FAILURE,
    COL_STATE,
    LEDGER_FILE,
    REPORT_FILE,
    TRIALS_FILE,
    RunStatus,
    TrialState,
)
from automl.errors import InputError
from automl.results.champion.confirmation_plan import is_unconfirmed
from automl.results.champion.final_test import has_final_test
from automl.results.run import Run
from automl.results.table.rows import best_row
from automl.search.grid import grid
from automl.trial.history import OVER
from automl.trial.ledger.events import ClosedEvent, UnfitEvent

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ending:
    """How the last session of a run ended.

    Attributes:
        state: ``done``, ``failed``, or ``interrupted``, which a killed driver's run is too.
        reason: why it failed or ended early, or what is left of a sweep whose trials are over;
            empty otherwise.
        goes_on: whether ``automl run --resume`` has something to do: trials, or what follows them.
    """

    state: str
    reason: str = ""
    goes_on: bool = False


def has_budget_left(run: Run) -> bool:
    """Return whether ``automl run --resume`` would run a trial of the run.

    A direct run has no trials to add; a sweep has until its time, its trials or, in a finite space,
    its configurations are used up.
    """
    if not run.is_sweep:
        return False
    confirm = run.confirm
    if confirm is not None and is_unconfirmed(confirm, run.events, run.objective):
        return True
    if is_out_of_time(run):
        return False
    budget, histories = run.trial_budget, run.searched_histories
    ended = [history for history in histories if history.is_over]
    if len(ended) < len(histories):
        return True
    if budget is not None and len(ended) >= budget:
        return False
    if run.repeats_configurations:
        return True
    return _has_untried(run, [history.start.params for history in ended])


def is_out_of_time(run: Run) -> bool:
    """Return whether a sweep's time budget is used up; False without one."""
    limit = run.time_budget_s
    return bool(limit is not None and run.search_seconds >= limit)


def _has_untried(run: Run, tried: Sequence[Mapping[str, Any]]) -> bool:
    space = run.space
    try:
        configurations = grid(space, run.plan["spec"])
    except InputError:  # a space without end
        return True
    known = {space.canonical(params) for params in tried}
    return any(space.canonical(values) not in known for values in configurations)


def early_end(run: Run, *, out_of_time: bool = False) -> str:
    """Say why a sweep is over with fewer trials than wanted; empty where it ran them all.

    ``out_of_time``: its time budget ended it, which the ledger does not always show.
    """
    budget, limit = run.trial_budget, run.time_budget_s
    ended = [history for history in run.searched_histories if history.is_over]
    wanted = f"{len(ended)} of {budget} trials" if budget else "before the time budget ended"
    if not run.is_sweep or (len(ended) >= budget if budget else limit is None):
        return ""
    tried = [history.start.params for history in ended]
    if not run.repeats_configurations and not _has_untried(run, tried):
        return f"all {len(ended)} configurations of the space are tried: {wanted}"
    if budget and (out_of_time or is_out_of_time(run)):
        return f"the time budget of {limit:g} s is used up: {wanted}"
    unfit = any(isinstance(event, UnfitEvent) for event in run.events)
    return f"no further configuration fits into memory: {wanted}" if unfit else ""


def why_no_champion(run: Run, *, out_of_time: bool = False) -> str:
    """Say why no trial of a run has a value of the objective; ``out_of_time`` as above."""
    metric = run.objective.metric
    failed = [row for row in run.rows if row[COL_STATE] == TrialState.FAILED]
    if (out_of_time or is_out_of_time(run)) and len(failed) < max(1, len(run.rows)):
        limit = run.plan["time_budget_s"]
        others = f" ({len(failed)} trials failed)" if failed else ""
        return (
            f"the time budget of {limit:g} s ended before any trial reported {metric}{others}: give"
            " a longer --time-budget"
        )
    return f"no trial reached a value of {metric}"


def ending_of(run: Run) -> Ending:
    """Return how a run ended, if nobody drives it now."""
    last = run.events[-1] if run.events else None
    if isinstance(last, ClosedEvent):
        state, reason = last.status, last.reason or last.early
    else:
        state, reason = _inferred(run)
    if state == RunStatus.DONE:
        return Ending(state, reason)
    if not run.is_sweep:
        return Ending(state, reason, goes_on=run.is_resumable)
    left = has_budget_left(run)
    if state == RunStatus.FAILED and not left:
        return Ending(state, reason, _lacks_its_end(run))
    if state == RunStatus.INTERRUPTED:
        return Ending(state, reason or ("" if left else _unfinished(run)), goes_on=True)
    return Ending(state, reason, left)


def _inferred(run: Run) -> tuple[str, str]:
    """State and reason of a run whose driver died before it could record them.

    Earlier versions never recorded them: where no session did, tables that are newer than the
    ledger show that a sweep is over.
    """
    if not run.is_sweep:
        return _of_direct(run.rows)
    recorded = any(isinstance(event, ClosedEvent) for event in run.events)
    if recorded or not _has_newer_tables(run) or has_budget_left(run):
        return RunStatus.INTERRUPTED, ""
    if best_row(run.rows, run.objective) is None:
        return RunStatus.FAILED, f"no trial reached a value of {run.objective.metric}"
    return RunStatus.DONE, ""


def _lacks_its_end(run: Run) -> bool:
    """Whether champion, table or report is missing, as after a disk that was full at the end."""
    made = all((run.folder / name).exists() for name in (BEST_FOLDER, TRIALS_FILE, REPORT_FILE))
    return not made and best_row(run.rows, run.objective) is not None


def _has_newer_tables(run: Run) -> bool:
    tables, ledger = run.folder / TRIALS_FILE, run.folder / LEDGER_FILE
    both = tables.exists() and ledger.exists()
    return both and tables.stat().st_mtime >= ledger.stat().st_mtime


def _unfinished(run: Run) -> str:
    """What is left to do after the last trial, in words."""
    cut_short = any(row[COL_STATE] not in OVER for row in run.rows)
    over = "the time budget is used up" if cut_short else "all trials are over"
    evaluation = "the champion's evaluation, " if run.confirm else ""
    evaluation = "the final test, " if has_final_test(run.plan) else evaluation
    return f"{over}; what is left: best/, {evaluation}tables and report"


def _of_direct(rows: Sequence[Row]) -> tuple[str, str]:
    """State and reason of a direct run, by those of its one trial."""
    row = rows[0] if rows else {COL_STATE: TrialState.RUNNING}
    if row[COL_STATE] == TrialState.FAILED:
        return RunStatus.FAILED, row[COL_FAILURE]
    done = row[COL_STATE] == TrialState.FINISHED
    return (RunStatus.DONE if done else RunStatus.INTERRUPTED), ""
