"""Resuming a run: its plan is read back, not resolved from the options again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from automl.constants import TRIALS_FOLDER, RunStatus
from automl.errors import InputError
from automl.launch.plan import Plan
from automl.launch.plan_codec import plan_from_dict
from automl.launch.planning.probe import probe_skipped_note
from automl.launch.running.driver_lock import check_no_driver
from automl.launch.running.nothing_left import finished_note, nothing_left_note, recorded_early
from automl.results.ending import ending_of, has_budget_left, is_out_of_time
from automl.results.run import Run
from automl.skill import load_skill
from automl.spec.secret_keys import check_variables
from automl.trial.costs import Costs
from automl.trial.data.cache import use_cache_dir
from automl.trial.files.checkpoints import resumable_checkpoint
from automl.trial.job import trial_id


def resume_plan(
    run: Run,
    *,
    add_trials: int = 0,
    allow_changed: bool = False,
    address: str | None = None,
) -> Plan:
    """Return the plan with which ``run`` goes on; a sweep's budget is raised by ``add_trials``.

    ``address``: the Ray cluster that it goes on with; None for where it ran before.

    Raises:
        InputError: the run has nothing to go on with, its ledger is damaged, the skill changed
            since (unless allowed), or an environment variable that the spec names is not set.
    """
    folder, content = run.folder.absolute(), run.plan
    if not run.is_sweep:
        _check_direct(run, add_trials, address)
    check_no_driver(folder)
    run.check()
    if add_trials < 0:
        raise InputError(f"--add-trials must not be negative, is {add_trials}")
    skill = load_skill(Path(content["skill"]["directory"]))
    if not allow_changed and not skill.has_digest(content["skill"]["digest"]):
        raise InputError(
            f"the skill in {skill.directory} changed since the run in {folder} began: its trials"
            " would not be comparable; resume anyway with --allow-changed"
        )
    notes = (f"resumed in {folder}",)
    plan = replace(plan_from_dict(content, skill, folder), notes=notes)
    check_variables(skill, plan.spec)
    if plan.resource_options.cache_dir is not None:
        use_cache_dir(Path(plan.resource_options.cache_dir))
    if address is not None:
        plan = _on_cluster(plan, address)
    if plan.space is None:
        return _direct_plan(plan)
    _check_more_trials(plan, run, add_trials)
    ending = ending_of(run)
    _check_time(plan, run, add_trials, goes_on=ending.goes_on)
    if plan.trials is not None:
        plan = replace(plan, trials=plan.trials + add_trials)
    over = nothing_left_note(run.with_trials(plan.trials))
    left = ending.reason if over and ending.state == RunStatus.INTERRUPTED else ""
    said = tuple(note for note in (left, over) if note)
    return replace(plan, notes=(*plan.notes, *said))


def over_note(run: Run, add_trials: int, address: str | None) -> str:
    """Return one line: the run is over, and how to run more of it; empty otherwise.

    ``add_trials`` more trials are work to do: with them it is empty, too.

    Raises:
        InputError: it is a direct run, and an option is given that acts on sweeps alone.
    """
    if not run.is_sweep:
        _check_direct(run, add_trials, address)
    return "" if add_trials else finished_note(run)


def _check_direct(run: Run, add_trials: int, address: str | None) -> None:
    """Refuse options that act on sweeps alone, for a direct run.

    Raises:
        InputError: such an option is given.
    """
    if add_trials or address is not None:
        option = "--add-trials" if add_trials else "--address"
        raise InputError(f"{option} acts on sweeps alone, and {run.folder} is a direct run")


def _direct_plan(plan: Plan) -> Plan:
    """Return the plan of a direct run with a note on where it goes on.

    Raises:
        InputError: its action cannot go on from a checkpoint.
    """
    if not plan.resume_keys:
        raise InputError(
            f"action {plan.action} of {plan.skill.info.name} cannot go on from a checkpoint: run it"
            " anew"
        )
    newest, _ = resumable_checkpoint(plan.output / TRIALS_FOLDER / trial_id(0))
    start = f"goes on from {newest.name}" if newest else "no checkpoint is there: it starts anew"
    return replace(plan, notes=(*plan.notes, start))


def _check_more_trials(plan: Plan, run: Run, add_trials: int) -> None:
    if not add_trials:
        return
    if early := recorded_early(run):
        raise InputError(
            f"the run in {plan.output} is over, so --add-trials cannot go on from it: {early};"
            f" start a new run with --prior {plan.output}"
        )
    if plan.population is not None:
        raise InputError(
            f"the population of the run in {plan.output} ends with its last epoch, so --add-trials"
            " cannot go on from it: start a new run, perhaps with --enqueue"
        )
    if plan.trials is None:
        raise InputError(
            f"{plan.output} has no trial limit that --add-trials could raise, only a time"
        )


def _check_time(plan: Plan, run: Run, add_trials: int, *, goes_on: bool) -> None:
    """Refuse to go on once the time budget is used up and only trials of the search are left.

    The confirmation, the champion's evaluation, tables and report do not count as its time.
    """
    left = goes_on or has_budget_left(run)
    if is_out_of_time(run) and (add_trials or not left):
        raise InputError(
            f"the time budget of the run in {plan.output}, {plan.time_budget_s:g} s, is used up;"
            " start a new run with --prior to go on from its trials"
        )


def _on_cluster(plan: Plan, address: str) -> Plan:
    """The plan for another cluster, without the probes, which were made where it ran before."""
    notes = plan.notes
    if plan.costs.probes and address != plan.resource_options.address:
        notes = (*notes, *probe_skipped_note(None, plan.skill.action(plan.action), address))
    return replace(
        plan,
        notes=notes,
        costs=Costs(),
        resource_options=replace(plan.resource_options, address=address),
    )
