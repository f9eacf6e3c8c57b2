"""Runs a skill's action as a child process and passes its reports on while it runs.

``report`` may raise to stop the child, as a scheduler's stop does: the child and all that it
started get SIGTERM, a grace period, SIGKILL (see :mod:`automl.trial.child.guard`).
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from automl.constants import Fault
from automl.errors import TrialError
from automl.trial.child.process import GRACE_S, Child
from automl.trial.child.reports import Reports
from automl.trial.faults import (
    BAR,
    LAST_LINES,
    fault_of_exit,
    fault_of_log,
    fault_of_text,
    oom_kills,
)
from automl.trial.status_record import Report
from automl.trial.timeouts import Limits

POLL_S: Final = 0.2
LOG_TAIL_LINES: Final = 5
_ENGINE_FAILED: Final = 125
_EVIDENCE_BYTES: Final = 16_384


def run_command(
    argv: Sequence[str],
    folder: Path,
    log: Path,
    report: Report,
    cwd: Path,
    *,
    metric: str = "",
    pattern: re.Pattern[str] | None = None,
    limits: Limits | None = None,
    grace_s: float = GRACE_S,
    environment: Mapping[str, str] | None = None,
    container: str = "",
    program: str = "",
) -> None:
    """Run ``argv`` until it ends, and pass what it reports on to ``report``.

    Args:
        argv: the command.
        folder: the results folder: ``status.json`` and ``metrics.json`` are read there.
        log: gets what the command prints; metrics are read from it where no file has them.
        report: called with each record; what it raises ends the command.
        cwd: where the command runs.
        metric: the value that must be among the reports; empty to read ``status.json`` alone.
        pattern: finds the metric in the log, in place of every other source.
        limits: how long the command may take, and how long it may report nothing.
        grace_s: seconds between SIGTERM and SIGKILL.
        environment: variables that are set for the command beside this process's.
        container: the name of the container that the command starts; empty without one.
        program: what errors call the command; empty for its own name.

    Raises:
        TrialError: the program does not exist, fails, breaks a limit, or its status file says
            FAILURE.
    """
    log.touch()
    reports = Reports(folder, log, metric, pattern)
    kills, starts = oom_kills(), log.stat().st_size
    with log.open("ab") as stream:
        child = Child(argv, folder, stream, cwd, grace_s, environment, container)
    try:
        code = _follow(child, reports, report, limits or Limits())
    finally:
        child.stop()
    if code != 0:
        name, ran_out = program or _name(argv), oom_kills() > kills
        if container and code == _ENGINE_FAILED:
            raise _engine_failure(argv[0], _text(log, starts))
        raise _failure(name, code, reports.failure, _text(log, starts), ran_out)


def _follow(child: Child, reports: Reports, report: Report, limits: Limits) -> int:
    """Pass reports on until the child ends; return its exit code."""
    started = reported = time.monotonic()
    while (code := child.poll(POLL_S)) is None:
        now = time.monotonic()
        reported = now if _forward(reports, report) else reported
        limits.check(now - started, now - reported)
    ended_well = code == 0  # a last line without a newline is whole then
    _forward(reports, report, ended=ended_well)
    _forward(reports, report, ended=ended_well)  # less reliable sources come one call later
    return code


def _forward(reports: Reports, report: Report, *, ended: bool = False) -> bool:
    records = reports.new_records(ended=ended)
    for record in records:
        report(record)
    return bool(records)


def _failure(program: str, code: int, said: str, printed: str, ran_out: bool) -> TrialError:
    if said:
        return TrialError(said, fault_of_text(said) or fault_of_log(printed))
    fault = fault_of_exit(code, printed, host_memory_ran_out=ran_out)
    tail = printed.strip().splitlines()[-LOG_TAIL_LINES:]
    how = f"was killed by {_signal_name(-code)}" if code < 0 else f"ended with exit code {code}"
    printed_last = f"{LAST_LINES}{BAR.join(tail)}" if tail else ", and its log is empty"
    return TrialError(f"{program} {how}{printed_last}", fault)


def _engine_failure(engine: str, printed: str) -> TrialError:
    """The engine's own failure, such as a daemon that is gone, says nothing of the trainer."""
    tail = BAR.join(printed.strip().splitlines()[-LOG_TAIL_LINES:])
    words = f"{Path(engine).name} could not run the container{LAST_LINES}{tail}"
    return TrialError(words, Fault.INFRASTRUCTURE)


def _name(argv: Sequence[str]) -> str:
    """What people call a command: the script that an interpreter runs, else the program."""
    return next((Path(word).name for word in argv[:3] if word.endswith(".py")), argv[0])


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _text(log: Path, start: int) -> str:
    """The end of what this run of the command printed."""
    with log.open("rb") as stream:
        end = stream.seek(0, 2)
        stream.seek(max(start, end - _EVIDENCE_BYTES))
        return stream.read().decode(errors="replace")
