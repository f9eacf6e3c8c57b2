"""The single lines of a launch review, each with its label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from automl.cli.views.progress_lines import format_value
from automl.cli.views.status_block import format_duration, format_span
from automl.cli.views.terminal import labelled
from automl.launch.plan import Plan
from automl.launch.planning.evaluation.final_test import measuring_action
from automl.launch.planning.options.advisor import AdvisorOptions
from automl.launch.review import PARENT, RUN, YOU, Change, Review
from automl.results.champion.confirmation_plan import Confirm
from automl.results.champion.final_test import FinalTest
from automl.results.run_folders import TRAIN
from automl.sweep.cluster.resources import TrialResources
from automl.trial.data.staging import Staged
from automl.trial.secrets import mask, mask_location

_LONGEST: Final = 40
_WARNING: Final = "WARNING: "  # how notes and a skill's preflight mark one


def from_here(path: str | Path) -> str:
    """Return a path below the working directory relative to it; another one, or a URL, as it is."""
    here = Path.cwd()
    return str(Path(path).relative_to(here) if Path(path).is_relative_to(here) else path)


def skill_line(plan: Plan) -> str:
    """Return which skill and action run."""
    place = from_here(plan.skill.directory)
    return f"skill      {plan.skill.info.name}, action {plan.action} ({place})"


def policy_line(plan: Plan) -> str:
    """Return what the policy is, and who says so."""
    return f"policy     {plan.policy.policy}: {plan.policy.reason}"


def route_line(plan: Plan) -> str:
    """Return whether the run is a sweep or one direct training, and why."""
    return f"route      {plan.route.kind}: {plan.route.reason}"


def objective_lines(plan: Plan) -> list[str]:
    """Return what is optimised: nothing in a direct run of an action that does not train."""
    if plan.space is None and plan.action != TRAIN or not plan.objective.metric:
        return []
    named = ", ".join(f"{o.direction} {o.metric}" for o in plan.objectives)
    return [f"objective  {named}", *_measured_lines(plan)]


def _measured_lines(plan: Plan) -> list[str]:
    """Return what measures each trained trial, and where, unless its trainer does."""
    if plan.space is None:
        return []
    command, evaluation = plan.trial_options.eval_command, plan.evaluation
    if command is not None:
        where = ", outside its container" if plan.container else ""
        return [f"measured   each trained trial, by {mask(command)}{where}"]
    if evaluation is None:
        return []
    container = evaluation.container
    where = f", in a container of {container.image}" if container else ""
    lines = [f"measured   each trained trial, by action {evaluation.action.name}{where}"]
    if plan.start_checkpoint is not None:
        place = from_here(plan.start_checkpoint)
        lines.append(f"start      trials start from {place}, which is measured first, once")
    return lines


def search_lines(plan: Plan, review: Review) -> list[str]:
    """Return how the trials of a sweep run, and what they take."""
    disk, confirm = review.disk, plan.confirm
    return [
        *([_confirm_line(confirm, plan)] if confirm is not None else []),
        *_final_lines(plan.final),
        *_advisor_lines(plan.sweep_options.advisor),
        f"trials     {plan.mode.reason}{_in_venv(plan)}",
        f"scheduler  {plan.scheduler.name}: {plan.scheduler.reason}",
        _resource_line(plan, review.resources),
        *([f"disk       {disk.reason}"] if disk is not None else []),
    ]


def note_lines(plan: Plan) -> list[str]:
    """Return what was inferred or changed on the way; warnings have lines of their own."""
    return [f"note       {note}" for note in plan.notes if not note.startswith(_WARNING)]


def warning_lines(plan: Plan) -> list[str]:
    """Return a line for each of :func:`warnings_of`."""
    return [f"warning    {warning}" for warning in warnings_of(plan)]


def warnings_of(plan: Plan) -> list[str]:
    """Return what looks wrong in the skill, its space, the machine and the data."""
    space = plan.space.warnings if plan.space is not None else ()
    marked = [line for line in (*plan.notes, *plan.data_lines) if line.startswith(_WARNING)]
    found = (*plan.warnings, *space, *(line.removeprefix(_WARNING) for line in marked))
    return [" ".join(warning.split()) for warning in found]


def data_lines(plan: Plan) -> list[str]:
    """Return where the data of each spec key lies, and what the skill says of it.

    The declared source of a key is named where there are several.
    """
    sources = {**(plan.evaluation.sources if plan.evaluation else {}), **plan.sources}
    several = len({file.source for file in sources.values()}) > 1
    said = [line for line in plan.data_lines if not line.startswith(_WARNING)]
    places = [_place(key, file, several) for key, file in sources.items()]
    lines = [*labelled("data", places), *(f"data       {line}" for line in said)]
    return lines or ["data       none is declared by the skill"]


def _place(key: str, file: Staged, several: bool) -> str:
    source = f"  ({file.source})" if several and file.source else ""
    return f"{key}  {from_here(mask_location(file.location))}{source}"


def budget_lines(plan: Plan, review: Review) -> list[str]:
    """Return the algorithm of a sweep and why, its budget, and its time by the probe."""
    trials = f"{plan.trials} trials" if plan.trials else "no trial limit"
    most = format_duration(plan.time_budget_s or 0).removesuffix(" 0 min").removesuffix(" 0 h")
    limit = f", at most {most}" if plan.time_budget_s else ""
    lines = [f"algorithm  {plan.algorithm}: {plan.algorithm_reason}", f"budget     {trials}{limit}"]
    if review.probed_s is not None:
        lines.append(f"time       about {format_span(review.probed_s)}, by the probe")
    return lines


def own_changes(plan: Plan, review: Review) -> list[Change]:
    """Return the changes of the spec without those that name the data, which has its own lines."""
    files = {part for key in plan.sources for part in (key, key.partition("[")[0])}
    return [each for each in review.changes if each.by != RUN or each.key not in files]


def change_lines(plan: Plan, review: Review) -> list[str]:
    """Return a line for each spec key whose value differs from the skill's default.

    The keys that the parent run set share one line.
    """
    changes = own_changes(plan, review)
    lines = [f"{change(each)}  (by {YOU})" for each in changes if each.by == YOU]
    lines += [f"{words}  (by {PARENT})" for words in parent_words(plan, changes)]
    lines += [f"{change(each)}  (by {RUN})" for each in changes if each.by == RUN]
    return labelled("spec", lines)


def parent_words(plan: Plan, changes: Sequence[Change]) -> list[str]:
    """Return how many keys the parent run set, and where they are read; nothing for none."""
    count = sum(each.by == PARENT for each in changes)
    if not count or plan.inherited is None:
        return []
    return [f"{count} key{'s' * (count != 1)} as in {from_here(plan.inherited.source)}"]


def change(found: Change, gap: str = "  ") -> str:
    """Return the name, the skill's value and the run's value of one key.

    ``gap`` separates the name from the values.
    """
    return f"{found.key}{gap}{_short(found.packaged)} -> {_short(found.value)}"


def _short(value: Any) -> str:
    text = "not set" if value in (None, "") else format_value(value)
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"


def _resource_line(plan: Plan, resources: TrialResources | None) -> str:
    """Return what each trial gets and how many run side by side."""
    if resources is None:
        return f"resources  decided on the cluster at {plan.resource_options.address}"
    several = f"{plan.devices} devices" if plan.devices > 1 else "one device"
    count = resources.concurrency
    side = f"{count} trials side by side" if count > 1 else "one trial at a time"
    return f"resources  {resources.reason}; {several} a trial, {side}"


def _final_lines(final: FinalTest | None) -> list[str]:
    """Return the launch review's lines about the data that select and those that only report."""
    if final is None:
        return []
    lines = []
    if final.share:
        held = f"{final.share:.3g} of the training data validates, and trains nothing"
        lines.append(f"holdout    {held}: {final.reason}")
    elif final.reason:
        lines.append(f"holdout    off: {final.reason}")
    if final.action is not None:
        again = "are trained again on all training data and " if final.refit else ""
        on = "the final data" if final.data else "the test data"
        words = f"champion and defaults {again}go through {final.action} on {on}, once, at the end"
        lines.append(f"final      {words}")
    return lines + ([f"final      {final.note}"] if final.note else [])


def _advisor_lines(advisor: AdvisorOptions | None) -> list[str]:
    """Return the launch review's line about the program that may propose points."""
    if advisor is None:
        return []
    limits = f"at most {advisor.share:.3g} of the trials, {advisor.timeout_s:g} s an answer"
    return [f"advisor    {mask(advisor.command)}: {limits}"]


def _confirm_line(confirm: Confirm, plan: Plan) -> str:
    """Return the launch review's line about the planned confirmation."""
    seeds = f"{confirm.seed_key} from {confirm.first_seed} on"
    measure = measuring_action(plan.skill)
    after = f", then {measure}" if measure else "; no evaluate action ends it"
    return (
        f"confirm    the best {confirm.best} and the defaults again, on average {confirm.repeats}"
        f" times ({seeds}): up to {confirm.trials} trainings after the search{after}"
    )


def _in_venv(plan: Plan) -> str:
    return f", in {plan.trial_options.venv}" if plan.trial_options.venv else ""
