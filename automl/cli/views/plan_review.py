"""The launch review as text for a terminal: what will run, and why."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from automl.cli.views.progress_lines import format_value
from automl.cli.views.status_block import format_span
from automl.cli.views.tables import frame_text
from automl.cli.views.terminal import REMARK, WIDTH, folded, labelled, screen_width
from automl.constants import COL_SOURCE, COL_TRIAL, PARAM_PREFIX
from automl.launch.plan import Plan
from automl.launch.review import PARENT, RUN, YOU, Change, FirstTrial, Review
from automl.launch.running.evaluation import can_evaluate
from automl.results.confirmation_plan import Confirm
from automl.results.run_folders import TRAIN
from automl.skill import Skill
from automl.sweep.cluster.resources import TrialResources
from automl.trial.data.staging import Staged
from automl.trial.job import trial_id
from automl.trial.secrets import mask_location

_LONGEST: Final = 40
_MOST_WARNINGS: Final = 6


def render_plan(plan: Plan, review: Review) -> str:
    """Return the launch review: what will run, and why."""
    info = plan.skill.info
    lines = [
        f"skill      {info.name}, action {plan.action} ({plan.skill.directory})",
        f"route      {plan.route.kind}: {plan.route.reason}",
        f"policy     {plan.policy.policy}: {plan.policy.reason}",
        *_objective_lines(plan),
        *_data_lines(plan.sources),
        *(f"data       {line}" for line in plan.data_lines),
        *(f"note       {note}" for note in plan.notes),
        *_warning_lines(plan),
        *_change_lines(
            review.changes, plan.inherited.source if plan.inherited else "", plan.sources
        ),
        f"output     {plan.output}",
    ]
    if plan.space is None:
        return "\n".join(folded(lines))
    lines.insert(-1, _resource_line(plan, review.resources))
    if review.probed_s is not None:
        lines.insert(-1, f"time       about {format_span(review.probed_s)}, by the probe")
    if review.disk is not None:
        lines.insert(-1, f"disk       {review.disk.reason}")
    budget = f"{plan.trials} trials" if plan.trials else "no trial limit"
    limit = f", at most {plan.time_budget_s:g} s" if plan.time_budget_s else ""
    lines.insert(3, f"search     {plan.algorithm}: {plan.algorithm_reason}; {budget}{limit}")
    lines.insert(4, f"scheduler  {plan.scheduler.name}: {plan.scheduler.reason}")
    lines.insert(5, f"trials     {plan.mode.reason}{_in_venv(plan)}")
    if plan.confirm is not None:
        lines.insert(5, _confirm_line(plan.confirm, plan.skill))
    from automl.cli.views.space_table import space_remarks, space_text

    table = space_text(plan.space, min(screen_width(), WIDTH))
    parts = [*folded(lines), "", *table, *folded(space_remarks(plan.space), REMARK)]
    return "\n".join([*parts, *_first_trial_lines(review.first)])


def _objective_lines(plan: Plan) -> list[str]:
    """Return what is optimised: nothing in a direct run of an action that does not train."""
    if plan.space is None and plan.action != TRAIN or not plan.objective.metric:
        return []
    return ["objective  " + ", ".join(f"{o.direction} {o.metric}" for o in plan.objectives)]


def _data_lines(sources: Mapping[str, Staged]) -> list[str]:
    """Return a line for each spec key of the data: its location, and the source that it is from."""
    lines = []
    for key, file in sources.items():
        source = f"  ({file.source})" if file.source else ""
        lines.append(f"{key}  {mask_location(file.location)}{source}")
    return labelled("data", lines)


def _warning_lines(plan: Plan) -> list[str]:
    """Return the first warnings of a plan, a line each, and how many there are more."""
    shown = [" ".join(warning.split()) for warning in plan.warnings[:_MOST_WARNINGS]]
    more = len(plan.warnings) - len(shown)
    shown += [f"and {more} more: see automl validate {plan.skill.directory}"] if more else []
    return [f"warning    {line}" for line in shown]


def _change_lines(
    changes: Sequence[Change], source: str = "", data: Collection[str] = ()
) -> list[str]:
    """Return a line for each spec key whose value differs from the skill's default.

    The keys that the parent run set share one line with ``source``, the parent's spec file.
    What the run set to the location of ``data`` is left out: those keys have lines of their own.
    """
    files = {part for key in data for part in (key, key.partition("[")[0])}
    changes = [change for change in changes if change.by != RUN or change.key not in files]
    own = [(change.by, _change(change)) for change in changes if change.by != PARENT]
    count = len(changes) - len(own)
    keys = f"{count} key{'s' * (count != 1)} as in {source}  (by {PARENT})"
    lines = [words for by, words in own if by == YOU]
    lines += [keys] if count else []
    return labelled("spec", [*lines, *(words for by, words in own if by != YOU)])


def _change(change: Change) -> str:
    return f"{change.key}  {_short(change.packaged)} -> {_short(change.value)}  (by {change.by})"


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


def _confirm_line(confirm: Confirm, skill: Skill) -> str:
    """Return the launch review's line about the planned confirmation."""
    seeds = f"{confirm.seed_key} {confirm.seeds[0]} to {confirm.seeds[-1]}"
    after = ", then evaluate" if can_evaluate(skill) else "; no evaluate action ends it"
    return (
        f"confirm    the best {confirm.best} and the defaults again, {confirm.repeats} times each"
        f" ({seeds}): up to {confirm.trials} trainings after the search{after}"
    )


def _in_venv(plan: Plan) -> str:
    return f", in {plan.trial_options.venv}" if plan.trial_options.venv else ""


def _first_trial_lines(trials: Sequence[FirstTrial]) -> list[str]:
    """Return the exact parameters of the first trials as a table; no lines if none is known."""
    if not trials:
        return []
    rows = [
        {
            COL_TRIAL: trial_id(number),
            COL_SOURCE: trial.source,
            **{PARAM_PREFIX + name: _plain(value) for name, value in trial.params.items()},
        }
        for number, trial in enumerate(trials)
    ]
    return ["", f"the first {len(trials)} trials", frame_text(pd.DataFrame(rows))]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value
