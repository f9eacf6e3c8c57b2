"""Brings a recorder and its study to where an earlier session's ledger ends, for ``--resume``.

Where ledger and study differ, the ledger is right: the driver writes it first and may have died
before it told the study. The study is told of the ended trials that it does not know. Trials that
were running start again under the same number with the same parameters.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence

from automl.constants import TrialState
from automl.errors import InputError
from automl.sweep.recorder import Recorder, TrialStart
from automl.trial.faults import Cause
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.ledger.events import ClosedEvent, EndEvent, LedgerEvent
from automl.trial.objective import Objective


def restore(recorder: Recorder, events: Sequence[LedgerEvent]) -> None:
    """Bring a fresh recorder and its study to where the ledger's events end."""
    histories = trial_histories(events)
    recorder.started = len(histories)
    free = max(_first_free(recorder, histories), _first_after_repairs(events))
    recorder.next_number = max(recorder.next_number, free)
    unfinished = [history for history in histories if not history.is_over]
    recorder.restarts = deque(_start_of(history, recorder.objective) for history in unfinished)
    for history in histories:
        _count_retries(recorder, history)
    recorder.retention.hold(recorder.study.needed)
    for history in _in_order_of_ends(histories, events):
        _tell(recorder, history)
        _count_best(recorder, history)
        failed = history.state == TrialState.FAILED
        recorder.failure_monitor.judge(_cause(history.end) if failed and history.end else None)
    for history in unfinished:
        _report(recorder, history)
    recorder.study.resume({start.ticket for start in recorder.restarts})


def end_stopped(recorder: Recorder, stopped: Collection[int]) -> None:
    """Record the end of restored trials that a scheduler stopped just before the driver died.

    ``stopped``: the numbers of all trials that it ever stopped.
    """
    cut_short = [start for start in recorder.restarts if start.number in stopped]
    for start in cut_short:
        recorder.restarts.remove(start)
        recorder.restarts.appendleft(start)
        recorder.start()
        recorder.end(start.number, TrialState.STOPPED)


def _first_free(recorder: Recorder, histories: Sequence[TrialHistory]) -> int:
    """Return the first trial number that is unused.

    It is after the ledger's highest one, and later by one for each trial of the study that reported
    a metric under a later ticket than all of the ledger. A search cuts its study back to the
    ledger, so that lost trials run again under their numbers; files that are another trial's then
    leave its folder (:mod:`automl.trial.job`).
    """
    known = max((history.number for history in histories), default=-1)
    newest = max((_ticket(history) for history in histories), default=-1)
    return known + sum(ticket > newest for ticket in recorder.study.reported) + 1


def _first_after_repairs(events: Sequence[LedgerEvent]) -> int:
    """Return the number after those of all trials of which a repair of the ledger knew."""
    closed = [event.highest for event in events if isinstance(event, ClosedEvent)]
    return max((highest + 1 for highest in closed if highest is not None), default=0)


def _in_order_of_ends(
    histories: Sequence[TrialHistory], events: Sequence[LedgerEvent]
) -> Iterator[TrialHistory]:
    """Yield the trials that are over as they ended, whatever the clock said in each session."""
    over = {history.number: history for history in histories if history.is_over}
    for event in events:
        history = over.get(event.number) if isinstance(event, EndEvent) else None
        if history is not None and history.end is event:
            yield history


def _count_retries(recorder: Recorder, history: TrialHistory) -> None:
    """Count how often a trial ran again already, and why."""
    number, end, oom_retries = history.number, history.changed_by, recorder.oom_retries
    oom_retries.note_start(number, history.start.changed)
    oom_retries.restore(number, history.changed, _cause(end) if end else None)
    retried = history.count_ends(TrialState.RETRIED)
    recorder.retries.used[number] = retried - oom_retries.count(number)


def _cause(end: EndEvent) -> Cause:
    return Cause(end.failure, end.fault)


def _start_of(history: TrialHistory, objective: Objective) -> TrialStart:
    start = history.start
    return TrialStart(
        start.number,
        _ticket(history),
        start.source,
        start.params,
        history.values(objective),
        history.changed,
        start.parent,
        start.until,
        history,
    )


def _ticket(history: TrialHistory) -> int:
    ticket = history.start.ticket
    if ticket is None:
        raise InputError(
            f"the ledger has no ticket of trial {history.number:04d}: it is no trial of a sweep"
        )
    return ticket


def _tell(recorder: Recorder, history: TrialHistory) -> None:
    """Tell the study of a trial that is over, unless its journal has it already."""
    study, objective = recorder.study, recorder.objective
    ticket = _ticket(history)
    if study.is_over(ticket):
        return
    _report(recorder, history)
    if history.end is not None:
        state, fault = TrialState(history.end.state), history.end.fault
        further = [history.reached(each.metric, objective) for each in recorder.further]
        value, se = history.best_value(objective), history.error(objective)
        study.tell(ticket, state, value, further=further, fault=fault, se=se)


def _report(recorder: Recorder, history: TrialHistory) -> None:
    """Report a trial's epochs to the study, except those that it knows."""
    for epoch, reached in history.values(recorder.objective).items():
        recorder.study.report(_ticket(history), epoch, reached)


def _count_best(recorder: Recorder, history: TrialHistory) -> None:
    failed = history.state == TrialState.FAILED
    value = None if failed else history.best_value(recorder.objective)
    if value is not None and recorder.objective.better(value, recorder.best and recorder.best[0]):
        recorder.best = (value, history.number)
    further = [history.reached(each.metric, recorder.objective) for each in recorder.further]
    recorder.retention.ended(history.number, value, further)
