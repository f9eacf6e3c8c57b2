"""Taking a run up again: what its ledger says happened, and what that leaves to do.

The ledger is the truth. Finished trials stay as they are and are told to the study if a death came
between the two; trials that were under way run again under the same number with the same
parameters; a suggestion that never came to run is the next to run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from automl.constants import Fault, TrialState
from automl.sweep.recorder import Recorder, Start
from automl.trial.faults import Cause
from automl.trial.history import TrialHistory, trial_histories
from automl.trial.objective import Objective


def restore(recorder: Recorder, events: Sequence[Mapping[str, Any]]) -> None:
    """Bring a fresh recorder and its study to where the ledger's events end."""
    histories = trial_histories(events)
    recorder.started = len(histories)
    unfinished = [history for history in histories if not history.is_over]
    recorder.restarts = deque(_start_of(history, recorder.objective) for history in unfinished)
    for history in histories:
        _count_goes(recorder, history)
    recorder.retention.hold(recorder.study.needed)
    for history in histories:
        if history.is_over:
            _tell(recorder, history)
            _count_best(recorder, history)
    _judge_again(recorder, histories)
    recorder.study.take_over({start.ticket for start in recorder.restarts})


def _judge_again(recorder: Recorder, histories: Sequence[TrialHistory]) -> None:
    """Let the watch over failures see what earlier sessions ended with, in their order."""
    ended = [history for history in histories if history.is_over]
    for history in sorted(ended, key=lambda history: history.end["time"] if history.end else 0.0):
        failed = history.state == TrialState.FAILED
        recorder.failure_monitor.judge(_cause(history.end or {}) if failed else None)


def _count_goes(recorder: Recorder, history: TrialHistory) -> None:
    """How often a trial ran again already, and why."""
    number, lacked = history.start["number"], history.lacked
    recorder.oom_retries.begin(number, history.start.get("changed", {}))
    recorder.oom_retries.take_over(number, history.changed, _cause(lacked) if lacked else None)
    recorder.retries.used[number] = history.ends(TrialState.RETRIED) - recorder.oom_retries.goes(
        number
    )


def _cause(end: Mapping[str, Any]) -> Cause:
    return Cause(end.get("failure", ""), end.get("fault", ""))


def _start_of(history: TrialHistory, objective: Objective) -> Start:
    start = history.start
    reached = history.values(objective)
    return Start(
        start["number"],
        start["ticket"],
        start["source"],
        start["params"],
        reached,
        history.changed,
        start.get("parent"),
        start.get("until"),
        history,
    )


def _tell(recorder: Recorder, history: TrialHistory) -> None:
    """What the study does not know yet: its journal may have lost what the ledger has not."""
    study, objective = recorder.study, recorder.objective
    ticket = history.start["ticket"]
    if study.is_over(ticket):
        return
    for epoch, reached in history.values(objective).items():
        study.report(ticket, epoch, reached)
    best = history.best_epoch(objective)
    value = best["kpi"][objective.metric] if best else None
    if history.is_over:
        violated = (history.end or {}).get("fault") == Fault.OUT_OF_MEMORY
        also = [history.reached(each.metric, objective) for each in recorder.further]
        study.tell(ticket, TrialState(str(history.state)), value, further=also, violated=violated)


def _count_best(recorder: Recorder, history: TrialHistory) -> None:
    best = history.best_epoch(recorder.objective) if history.state != TrialState.FAILED else None
    value = best["kpi"][recorder.objective.metric] if best else None
    number = history.start["number"]
    if value is not None and recorder.objective.better(value, recorder.best and recorder.best[0]):
        recorder.best = (value, number)
    recorder.retention.ended(number, value)
