"""The launch review as text for a terminal: what will run, and why.

It fits on one screen; with ``--verbose`` nothing is left out. What decides about money comes last,
just above the question whether to start.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pandas as pd

from automl.cli.views.fit import WHOLE, Block, fitted, with_short_words
from automl.cli.views.progress_lines import format_value
from automl.cli.views.space_preview import preview_title, space_preview
from automl.cli.views.space_table import space_remarks, space_text
from automl.cli.views.status_block import format_duration, format_span
from automl.cli.views.tables import frame_text
from automl.cli.views.terminal import LABEL, REMARK, WIDTH, folded, labelled, screen_width
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

LINES: Final = 39  # of the review; the question is the fortieth
_LONGEST: Final = 40


def render_plan(
    plan: Plan, review: Review, *, verbose: bool = False, width: int | None = None
) -> str:
    """Return the launch review: what will run, and why.

    Args:
        plan, review: what is shown.
        verbose: whether all of it is shown; else it has at most :data:`LINES` lines.
        width: of the screen, None for the terminal's.
    """
    make = _whole if verbose else _brief
    return "\n".join(make(plan, review, screen_width() if width is None else width))


def render_decision(plan: Plan, review: Review) -> str:
    """Return the end of the review alone: route, data, algorithm and budget."""
    return "\n".join(_all_lines(_decision(plan, review), screen_width()))


def _whole(plan: Plan, review: Review, width: int) -> list[str]:
    """Return every line: facts, space, remarks, first trials, decision."""
    space: list[str] = []
    if plan.space is not None:
        table = space_text(plan.space, min(width, WIDTH))
        space = ["", *table, *folded(space_remarks(plan.space), REMARK, width)]
        space += _first_trial_lines(review.first, width)
    facts = _all_lines(_facts(plan, review), width)
    decision = _all_lines(_decision(plan, review), width)
    return [*facts, f"output     {plan.output}", *space, "", *decision]


def _all_lines(blocks: Sequence[Block], width: int) -> list[str]:
    return folded([item for block in blocks for item in block], LABEL, width)


def _brief(plan: Plan, review: Review, width: int) -> list[str]:
    """Return the lines that fit on one screen, and how to see the others."""
    facts = _with_short_words(_facts(plan, review), width)
    decision = _with_short_words(_decision(plan, review), width)
    blocks = [*facts, [f"output     {_from_here(plan.output)}"]]
    if plan.space is not None:
        head, *rows = space_preview(plan.space, review.first, min(width, WIDTH))
        remarks = _with_short_words([space_remarks(plan.space, LABEL)], width)
        blocks += [[""], [preview_title(plan.space, review.first)], [head], rows, *remarks]
        blocks += [[f"more       {WHOLE}, and why each parameter is searched as it is"]]
    return [line for block in fitted([*blocks, [""], *decision], LINES, width) for line in block]


def _with_short_words(blocks: Sequence[Block], width: int) -> list[Block]:
    return [[with_short_words(item, width) for item in block] for block in blocks]


def _from_here(path: Path) -> Path:
    """Return a path below the working directory relative to it, another one as it is."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _facts(plan: Plan, review: Review) -> list[Block]:
    """Return the items on the run as a whole, a block for each kind."""
    info = plan.skill.info
    source = plan.inherited.source if plan.inherited else ""
    return [
        [f"skill      {info.name}, action {plan.action} ({_from_here(plan.skill.directory)})"],
        [f"policy     {plan.policy.policy}: {plan.policy.reason}"],
        _objective_lines(plan),
        *(_search_facts(plan, review) if plan.space is not None else []),
        [f"note       {note}" for note in plan.notes],
        [f"warning    {' '.join(warning.split())}" for warning in plan.warnings],
        _change_lines(review.changes, source, plan.sources),
    ]


def _search_facts(plan: Plan, review: Review) -> list[Block]:
    """Return the items on how a sweep's trials run and what they take."""
    disk, confirm = review.disk, plan.confirm
    return [
        [_confirm_line(confirm, plan.skill)] if confirm is not None else [],
        [f"trials     {plan.mode.reason}{_in_venv(plan)}"],
        [f"scheduler  {plan.scheduler.name}: {plan.scheduler.reason}"],
        [_resource_line(plan, review.resources)],
        [f"disk       {disk.reason}"] if disk is not None else [],
    ]


def _decision(plan: Plan, review: Review) -> list[Block]:
    """Return the items on what the run is, on which data, and what it may cost."""
    data = [*_data_lines(plan.sources), *(f"data       {line}" for line in plan.data_lines)]
    blocks: list[Block] = [[f"route      {plan.route.kind}: {plan.route.reason}"], data]
    if plan.space is not None:
        blocks += [[f"algorithm  {plan.algorithm}: {plan.algorithm_reason}"]]
        blocks += [[f"budget     {_budget(plan)}{_by_probe(review)}"]]
    return blocks


def _budget(plan: Plan) -> str:
    trials = f"{plan.trials} trials" if plan.trials else "no trial limit"
    limit = f", at most {format_duration(plan.time_budget_s)}" if plan.time_budget_s else ""
    return trials + limit


def _by_probe(review: Review) -> str:
    return f"; about {format_span(review.probed_s)}, by the probe" if review.probed_s else ""


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


def _first_trial_lines(trials: Sequence[FirstTrial], width: int) -> list[str]:
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
    return ["", f"the first {len(trials)} trials", frame_text(pd.DataFrame(rows), width)]


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, list | dict) else value
