"""A run with nothing left to do: what ``--resume`` says of it at once, without a plan or Ray."""

from __future__ import annotations

import shlex
from pathlib import Path

from automl.constants import BEST_FOLDER, EVALUATION_FOLDER, REPORT_FILE, RunStatus
from automl.launch.result import Evaluation, RunResult
from automl.results.ending import ending_of, has_budget_left, is_out_of_time
from automl.results.files.evaluation import read_evaluation
from automl.results.run import Run
from automl.results.run_folders import TRAIN
from automl.trial.ledger.events import ClosedEvent


def finished_note(run: Run) -> str:
    """Return one line: the run is over, and how to run more of it.

    Empty if ``--resume`` has work to do, and for a direct run that failed.
    """
    ending = ending_of(run)
    if ending.goes_on or ending.state == RunStatus.INTERRUPTED:
        return ""
    state = "is done" if ending.state == RunStatus.DONE else "has failed"
    words = f"{run.folder} {state}, nothing is left to do"
    if not run.is_sweep:
        return words + _further_training(run) if ending.state == RunStatus.DONE else ""
    more = nothing_left_note(run) or _more_after(recorded_early(run), run)
    return f"{words}: {more}{_missing_report(run)}"


def nothing_left_note(run: Run) -> str:
    """Return how to run more trials if none of a sweep is left to run; empty otherwise."""
    if not run.is_sweep or has_budget_left(run):
        return ""
    if run.is_population:
        return "the population has finished: start a new run, perhaps with --enqueue"
    if is_out_of_time(run):
        return _more_after("the time budget is used up", run)
    done, trials = sum(each.is_over for each in run.searched_histories), run.trial_budget
    if trials is not None and done >= trials:
        more = f"automl run --resume {shlex.quote(str(run.folder))} --add-trials N"
        return f"all {done} trials are done: for more  {more}"
    return f"all {done} configurations of the space are tried: for more start a wider run"


def recorded_early(run: Run) -> str:
    """Return why a finished sweep ended before its budget was spent; empty otherwise."""
    last = run.events[-1] if run.events else None
    return last.early if isinstance(last, ClosedEvent) and last.status == RunStatus.DONE else ""


def _more_after(reason: str, run: Run) -> str:
    return f"{reason}{reason and ': '}for more start a new run with --prior {run.folder}"


def _missing_report(run: Run) -> str:
    """Say how the report of a run is written that was cut short while it wrote it."""
    if (run.folder / REPORT_FILE).is_file():
        return ""
    return f" (no report yet: automl report {shlex.quote(str(run.folder))})"


def _further_training(run: Run) -> str:
    if run.plan["action"] != TRAIN:
        return ""
    parent = shlex.quote(str(run.folder))
    return f": to train it further  automl run --parent {parent} --continue --set num_epochs=N"


def finished_result(run: Run) -> RunResult:
    """Return the result of a run that is over, as it returned it when it ended.

    The files that a direct run wrote are not looked for again.
    """
    ending = ending_of(run)
    failed, report = ending.state == RunStatus.FAILED, run.folder / REPORT_FILE
    return RunResult(
        run,
        ending.state,
        message=ending.reason if failed else "",
        early=recorded_early(run),
        evaluation=_evaluation(run.folder),
        report=str(report) if report.is_file() else "",
    )


def _evaluation(run: Path) -> Evaluation | None:
    found = read_evaluation(run)
    if found is None:
        return None
    metrics, failure = found
    return Evaluation(run / BEST_FOLDER / EVALUATION_FOLDER, dict(metrics), failure)
