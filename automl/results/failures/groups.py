"""A run's failed trials by cause: the one account that status, a run's end and report show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from automl.constants import (
    COL_FAILURE,
    COL_FAULT,
    COL_SOURCE,
    COL_STATE,
    COL_TRIAL,
    LOG_FILE,
    TRIALS_FOLDER,
    Fault,
    TrialSource,
    TrialState,
)
from automl.results.failures.log_end import raised_by
from automl.results.failures.shared import Shared, shared_by
from automl.results.run import Run
from automl.results.table.rows import labels_of, params_of
from automl.trial.faults import Cause, essence

_EXPLAINED: Final = 10  # causes that are explained, the most frequent first
_LOGS: Final = 3  # trials of a cause whose logs are looked into
_SUCCEEDED: Final = (TrialState.FINISHED, TrialState.STOPPED)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Failures:
    """The trials that failed for one cause.

    Attributes:
        count: how many; trials: their names.
        trial: the one whose reason and log are shown, the last one where any does.
        fault: the kind of failure; reason: why, in the trial's words.
        raised: the end of its traceback: the exception, then where it was raised, innermost first;
            the last lines of its log where reason and log name no exception. May be empty.
        shared: what all of these trials had, and few or none of those that did not fail.
    """

    count: int
    trial: str
    fault: str
    reason: str
    trials: tuple[str, ...] = ()
    raised: tuple[str, ...] = ()
    shared: tuple[Shared, ...] = ()

    @property
    def headline(self) -> str:
        """The exception where the log names it, else the line of the reason that says why."""
        return self.raised[0] if self.raised else essence(self.reason)

    @property
    def log(self) -> str:
        """The trial's log, within the run's folder."""
        return f"{TRIALS_FOLDER}/{self.trial}/{LOG_FILE}"

    @property
    def details(self) -> tuple[str, ...]:
        """Where it was raised, and what sets these trials apart, a line each."""
        where = tuple(f"at {line}" for line in self.raised[1:2])
        return where + tuple(each.words for each in self.shared)


def failures_of(run: Run) -> tuple[Failures, ...]:
    """Return what trials of ``run`` failed for, the most frequent cause first, explained."""
    groups = grouped(run.rows)
    if not groups:
        return ()
    labels = labels_of(run.rows, run.objective.column)
    confirm = run.confirm
    leave_out = confirm.seed_key if confirm else ""
    params = {str(row[COL_TRIAL]): _params(row, leave_out) for row in run.rows}
    others = [params[str(row[COL_TRIAL])] for row in run.rows if _is_other(row)]

    def explained(group: Failures) -> Failures:
        mine = [params[trial] for trial in group.trials]
        return _with_log(replace(group, shared=shared_by(mine, others, labels)), run.folder)

    return (*map(explained, groups[:_EXPLAINED]), *groups[_EXPLAINED:])


def grouped(rows: Sequence[Row]) -> tuple[Failures, ...]:
    """Return the failed trials by cause, the most frequent first; not explained yet.

    Causes that differ in values only are one: numbers, addresses, paths, quoted texts, and the
    trial's own parameters.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        if row[COL_STATE] == TrialState.FAILED:
            found.setdefault(_key(row), []).append(row)
    groups = [
        Failures(
            len(group),
            str(group[-1][COL_TRIAL]),
            str(group[-1][COL_FAULT] or Fault.UNKNOWN),
            str(group[-1][COL_FAILURE]),
            tuple(str(row[COL_TRIAL]) for row in group),
        )
        for group in found.values()
    ]
    return tuple(sorted(groups, key=lambda each: -each.count))


def _key(row: Row) -> str:
    texts = {v for v in params_of(row).values() if isinstance(v, str) and len(v) > 1}
    cause = Cause(str(row[COL_FAILURE]), str(row[COL_FAULT] or Fault.UNKNOWN))
    return cause.key_without(sorted(texts, key=lambda text: (-len(text), text)))


def _params(row: Row, leave_out: str) -> dict[str, Any]:
    return {name: value for name, value in params_of(row).items() if name != leave_out}


def _is_other(row: Row) -> bool:
    """Whether a trial of the search did not fail; a confirming one repeats a configuration."""
    return row[COL_STATE] in _SUCCEEDED and row[COL_SOURCE] != TrialSource.CONFIRM


def _with_log(group: Failures, folder: Path) -> Failures:
    """The group with the end of the traceback of its last trial whose log has one."""
    for trial in group.trials[::-1][:_LOGS]:
        raised = raised_by(folder / TRIALS_FOLDER / trial / LOG_FILE, group.reason)
        if raised:
            return replace(group, trial=trial, raised=raised)
    return group
