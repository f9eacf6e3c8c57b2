"""The end of a run: champion, evaluation, tables, the ledger's last event, report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from automl.constants import COL_NUMBER, FINAL_FOLDER, TRIALS_FOLDER, RunStatus
from automl.interrupts import AGAIN, stage
from automl.launch.plan import Plan
from automl.launch.result import Evaluation, RunResult
from automl.launch.running.assembly import open_ledger, stop_rule
from automl.launch.running.evaluation import LEFT, Execute, evaluate_best
from automl.results.champion.best_folder import write_best
from automl.results.champion.confirmation import searched_best_first
from automl.results.champion.confirmation_plan import split_confirmation
from automl.results.champion.final_test import has_final_test
from automl.results.ending import early_end, why_no_champion
from automl.results.pareto import not_dominated
from automl.results.report.write import report_at_end
from automl.results.run import Run
from automl.results.tables import write_tables
from automl.sweep.notices import Listener
from automl.trial.child.process import await_children
from automl.trial.files.checkpoints import drop_checkpoints
from automl.trial.job import trial_id
from automl.trial.ledger.events import ClosedEvent
from automl.trial.ledger.writer import Ledger


def finish_run(
    plan: Plan,
    execute: Execute,
    ledger: Ledger,
    *,
    interrupted: bool,
    message: str,
    early: str = "",
    out_of_time: bool = False,
    refit_failure: str = "",
) -> RunResult:
    """Write the champion, tables and report of a run, and the closing event of its ledger.

    The tables are the last files before that event: earlier versions wrote no such event, and there
    tables newer than the ledger show that the run is over.

    Args:
        plan: what was run.
        execute: runs the plan of the champion's evaluation.
        ledger: the session's, whose clock does not jump.
        interrupted: whether trials were cut short.
        message: why the run failed, empty where it did not.
        early: why a stop rule ended the run before its budget was spent; empty otherwise.
        out_of_time: whether the time budget ended the search.
        refit_failure: why the trainings on all data could not begin; empty where they did.
    """
    run = Run(plan.output)
    with stage(_ANSWER):
        write_best(run)
        if not message and not interrupted and run.is_sweep and run.champion is None:
            message = why_no_champion(run, out_of_time=out_of_time)
        status = _status(interrupted=interrupted, failed=bool(message))
        if status == RunStatus.DONE and not early:
            early = early_end(run, out_of_time=out_of_time)
        evaluation = None
        tested = plan.confirm is not None or has_final_test(run.plan)
        if tested and status == RunStatus.DONE and run.champion is not None:
            evaluation = _evaluate_champion(plan, run, execute, refit_failure)
        if evaluation is not None and evaluation.interrupted:
            status, message = RunStatus.INTERRUPTED, LEFT
        write_tables(run)
        run = run.with_event(ledger.closed(status, message, early))
        report = report_at_end(run) if run.is_sweep else ""
    return RunResult(run, status, message, early, evaluation, report)


_ANSWER: Final = f"stopping: what follows the trials is left; {AGAIN}"


def finish_without_ray(plan: Plan, listener: Listener, before: Run, execute: Execute) -> RunResult:
    """Finish a resumed sweep whose trials are over; no Ray is needed for that.

    ``before``: the run before this session; if it already has a champion, its recorded failure (a
    full disk, for example) no longer counts.
    """
    ledger = open_ledger(plan, listener)
    await_children(trial_folders(plan.output))
    closed = [event for event in before.events if isinstance(event, ClosedEvent)]
    failed = bool(closed) and closed[-1].status == RunStatus.FAILED and before.champion is None
    message = closed[-1].reason if failed else ""
    early = stop_rule(plan, split_confirmation(before.events)[0]).reason
    return finish_run(plan, execute, ledger, interrupted=False, message=message, early=early)


def trial_folders(run: Path) -> Iterator[Path]:
    """Yield the folders of a run's trials, and of those that train again on all data."""
    for folder in (run, run / FINAL_FOLDER):
        yield from (folder / TRIALS_FOLDER).glob("*")


def _status(*, interrupted: bool, failed: bool) -> RunStatus:
    if interrupted:
        return RunStatus.INTERRUPTED
    return RunStatus.FAILED if failed else RunStatus.DONE


def _evaluate_champion(
    plan: Plan, run: Run, execute: Execute, refit_failure: str
) -> Evaluation | None:
    """The champion's evaluation by the skill's own action, None where the skill has none."""
    evaluation = evaluate_best(plan, run, execute, refit_failure)
    if evaluation is None or not evaluation.interrupted:  # --resume evaluates again
        _drop_confirmed(plan, run)
    return evaluation


def _drop_confirmed(plan: Plan, run: Run) -> None:
    """Drop the checkpoints that were kept for the confirmation alone.

    In ``trials/`` stay those of the champion and of as many of the search's best as the user wants
    kept; with a final test also the defaults', and with several metrics those of the Pareto table.
    With ``--keep-checkpoints none`` none stays there.
    """
    options = plan.trial_options
    if options.keep_checkpoints == "all":
        return
    count = options.keep_best if options.keep_checkpoints == "best" else 0
    kept = {row[COL_NUMBER] for row in searched_best_first(run.rows, run.objective)[:count]}
    if run.champion is not None and count:
        kept.add(run.champion[COL_NUMBER])
    if plan.final is not None and plan.final.action and count and run.baseline:
        kept.add(run.baseline[COL_NUMBER])
    if len(run.objectives) > 1 and count:
        kept |= {run.rows[place][COL_NUMBER] for place in not_dominated(run.rows, run.objectives)}
    for row in run.rows:
        if row[COL_NUMBER] not in kept:
            drop_checkpoints(run.folder / TRIALS_FOLDER / trial_id(row[COL_NUMBER]), run.folder)
