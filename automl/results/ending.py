"""Whether a run that nobody drives has anything left to do.

How a run stands that nobody drives: done, failed or cut short, and why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from automl.constants import COL_FAILURE, COL_FAULT, COL_STATE, COL_TRIAL, RunStatus, TrialState
from automl.errors import InputError
from automl.results.confirmation_plan import confirm_of, is_unconfirmed, split_confirmation
from automl.results.plan_file import is_sweep, objective_of
from automl.results.rows import champion
from automl.search.grid import grid
from automl.space import Space
from automl.trial.faults import Cause
from automl.trial.history import OVER, trial_histories
from automl.trial.ledger import CLOSED, seconds_used


def has_budget_left(plan: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether ``automl run --resume`` would run a trial of the run with these events.

    A direct run is never taken up again; a sweep is, until its time, its trials or, in a finite
    space, its configurations are used up.
    """
    if not is_sweep(plan):
        return False
    confirm = confirm_of(plan)
    if confirm is not None and is_unconfirmed(confirm, events, objective_of(plan)):
        return True
    if is_out_of_time(plan, events):
        return False
    budget, histories = plan.get("trials"), trial_histories(split_confirmation(events)[0])
    ended = [history for history in histories if history.is_over]
    if len(ended) < len(histories):
        return True
    if budget is not None and len(ended) >= budget:
        return False
    if (plan.get("course") or {}).get("repeats"):
        return True
    return _has_untried(plan, [history.start["params"] for history in ended])


def is_out_of_time(plan: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a sweep's time budget is used up; False without one."""
    limit = plan.get("time_budget_s")
    return bool(limit is not None and seconds_used(events) >= limit)


def _has_untried(plan: Mapping[str, Any], tried: Sequence[Mapping[str, Any]]) -> bool:
    space = Space.from_json(plan["space"])
    try:
        configurations = grid(space, plan["spec"])
    except InputError:  # a space without end
        return True
    known = {space.canonical(params) for params in tried}
    return any(space.canonical(values) not in known for values in configurations)


Row = Mapping[str, Any]


@dataclass(frozen=True)
class Ending:
    """How the last session of a run ended.

    Attributes:
        state: ``done``, ``failed``, or ``interrupted``, which a killed driver's run is too.
        reason: why it failed, why it was enough early, or what is left of a sweep whose trials are
            over; empty otherwise.
        goes_on: whether ``automl run --resume`` has something to do: trials, or what follows them.
    """

    state: str
    reason: str = ""
    goes_on: bool = False


@dataclass(frozen=True)
class Failures:
    """The trials that failed for one cause: how many, the last one, its fault and reason."""

    count: int
    trial: str
    fault: str
    reason: str


def ending_of(
    plan: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    *,
    written: bool = False,
) -> Ending:
    """Return how a run ended, if nobody drives it now.

    Args:
        plan: as it was written.
        events: the ledger's, oldest first.
        rows: the trial rows of these events.
        written: whether the run's tables hold all of these events.
    """
    last = events[-1] if events else {"event": ""}
    if last["event"] == CLOSED:
        state, reason = last["status"], last["reason"] or last["early"]
    else:
        state, reason = _without_a_word(plan, events, rows, written=written)
    if not is_sweep(plan) or state == RunStatus.DONE:
        return Ending(state, reason)
    left = has_budget_left(plan, events)
    if state == RunStatus.INTERRUPTED:
        return Ending(state, reason or ("" if left else _unfinished(plan, rows)), goes_on=True)
    return Ending(state, reason, left)


def failures_of(rows: Sequence[Row]) -> tuple[Failures, ...]:
    """Return what trials failed for, the most frequent cause first.

    Causes that differ in numbers only are one.
    """
    found: dict[str, Failures] = {}
    for row in rows:
        if row[COL_STATE] == TrialState.FAILED:
            reason, fault = row[COL_FAILURE], row[COL_FAULT]
            key = Cause(reason, fault).key
            count = found[key].count + 1 if key in found else 1
            found[key] = Failures(count, row[COL_TRIAL], fault, reason)
    return tuple(sorted(found.values(), key=lambda each: -each.count))


def _without_a_word(
    plan: Mapping[str, Any],
    events: Sequence[Mapping[str, Any]],
    rows: Sequence[Row],
    *,
    written: bool,
) -> tuple[str, str]:
    """State and reason of a run whose driver died before it could say them.

    Earlier versions never said them: where no session did, whole tables show that a sweep is over.
    """
    if not is_sweep(plan):
        return _of_direct(rows)
    over = written and all(event["event"] != CLOSED for event in events)
    if has_budget_left(plan, events) or not over:
        return RunStatus.INTERRUPTED, ""
    if champion(rows, objective_of(plan)) is None:
        return RunStatus.FAILED, f"no trial reached a value of {plan['metric']}"
    return RunStatus.DONE, ""


def _unfinished(plan: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """What follows the last trial, and was cut short or never begun."""
    cut_short = any(row[COL_STATE] not in OVER for row in rows)
    over = "the time budget is used up" if cut_short else "all trials are over"
    evaluation = "the champion's evaluation, " if plan.get("confirm") else ""
    return f"{over}; what is left: best/, {evaluation}tables and report"


def _of_direct(rows: Sequence[Row]) -> tuple[str, str]:
    row = rows[0] if rows else {COL_STATE: TrialState.RUNNING}
    if row[COL_STATE] == TrialState.FAILED:
        return RunStatus.FAILED, row[COL_FAILURE]
    done = row[COL_STATE] == TrialState.FINISHED
    return (RunStatus.DONE if done else RunStatus.INTERRUPTED), ""
