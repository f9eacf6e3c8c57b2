"""Whether a run that nobody drives has anything left to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automl.errors import InputError
from automl.results.plan_file import is_sweep, objective_of
from automl.results.trainings import confirm_of, is_unconfirmed, split
from automl.search.grid import grid
from automl.space import Space
from automl.trial.history import gather
from automl.trial.ledger import seconds_used


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
    budget, histories = plan.get("trials"), gather(split(events)[0])
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
