"""The launch review as text for a terminal: what will run, and why.

It fits on one screen; with ``--verbose`` nothing is left out. What decides about money comes last,
just above the question whether to start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from automl.cli.views import plan_lines
from automl.cli.views.page_layout import Block, fitted, with_short_words
from automl.cli.views.space_preview import preview_title, space_preview
from automl.cli.views.space_table import space_text, unsearched_lines
from automl.cli.views.tables import frame_text
from automl.cli.views.terminal import LABEL, REMARK, WIDTH, folded, screen_width
from automl.constants import COL_SOURCE, COL_TRIAL, PARAM_PREFIX
from automl.launch.plan import Plan
from automl.launch.review import RUN, YOU, FirstTrial, Review
from automl.space import Space
from automl.trial.job import trial_id

LINES: Final = 39  # of the review; the question is the fortieth
_LEFT_OUT: Final = 4  # of them for parameters that are not searched


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


def render_decision(plan: Plan, review: Review, width: int | None = None) -> str:
    """Return the end of the review alone: route, data, algorithm and budget."""
    return "\n".join(folded(_decision(plan, review), LABEL, width))


def _decision(plan: Plan, review: Review) -> list[str]:
    budget = plan_lines.budget_lines(plan, review) if plan.space is not None else []
    return [plan_lines.route_line(plan), *plan_lines.data_lines(plan), *budget]


def _whole(plan: Plan, review: Review, width: int) -> list[str]:
    """Return every line: facts, space, remarks, first trials, decision."""
    facts = [
        plan_lines.skill_line(plan),
        plan_lines.policy_line(plan),
        *plan_lines.objective_lines(plan),
        *(plan_lines.search_lines(plan, review) if plan.space is not None else []),
        *plan_lines.note_lines(plan),
        *plan_lines.warning_lines(plan),
        *plan_lines.change_lines(plan, review),
        f"output     {plan.output}",
    ]
    space: list[str] = []
    if plan.space is not None:
        table = space_text(plan.space, min(width, WIDTH))
        space = ["", *table, *folded(unsearched_lines(plan.space), REMARK, width)]
        space += _first_trial_lines(review.first, width)
    return [*folded(facts, LABEL, width), *space, "", render_decision(plan, review, width)]


def _brief(plan: Plan, review: Review, width: int) -> list[str]:
    """Return the lines that fit on one screen, and how to see the others."""
    sweep = plan.space is not None
    blocks = [
        *_single([plan_lines.skill_line(plan)]),
        *_single([] if plan.policy.is_default else [plan_lines.policy_line(plan)]),
        *_single(plan_lines.objective_lines(plan)),
        *_single(plan_lines.search_lines(plan, review) if sweep else []),
        Block(plan_lines.warning_lines(plan)),
        *_notes_and_changes(plan, review),
        *_single([f"output     {plan_lines.from_here(plan.output)}"]),
        *(_space(plan.space, review, min(width, WIDTH)) if plan.space is not None else []),
        *_single(["", plan_lines.route_line(plan)]),
        Block(plan_lines.data_lines(plan), weight=2),
        *_single(plan_lines.budget_lines(plan, review) if sweep else []),
    ]
    return fitted([_with_short_words(block, width) for block in blocks], LINES, width)


def _single(lines: Sequence[str]) -> list[Block]:
    """Return blocks of one item each, none of which is ever left out."""
    return [Block([line]) for line in lines]


def _with_short_words(block: Block, width: int) -> Block:
    if block.packed:
        return block
    return replace(block, items=[with_short_words(item, width) for item in block.items])


def _notes_and_changes(plan: Plan, review: Review) -> list[Block]:
    """Return the notes and what differs from the packaged spec, several keys on a line.

    Keys of the data are left out, and of a sweep each note that explains why the run set a key:
    they have lines of their own.
    """
    changes = [
        each for each in plan_lines.own_changes(plan, review) if each.key not in plan.sources
    ]
    mine, runs = ([each for each in changes if each.by == by] for by in (YOU, RUN))
    keys = tuple(f"{each.key} " for each in runs if plan.space is not None)
    notes = [note for note in plan_lines.note_lines(plan) if not note[LABEL:].startswith(keys)]
    return [
        Block(notes),
        Block([plan_lines.change(each, " ") for each in mine], "you set", packed=True),
        Block([f"parent     {words}" for words in plan_lines.parent_words(plan, changes)]),
        Block([plan_lines.change(each, " ") for each in runs], "run set", packed=True),
    ]


def _space(found: Space, review: Review, width: int) -> list[Block]:
    """Return the searched parameters, a line each, and the names of those that are not."""
    head, *rows = space_preview(found, review.first, width)
    return [
        *_single(["", preview_title(found, review.first), head]),
        Block(rows, weight=3),
        Block([f"{each.name} = {each.value}" for each in found.fixed], "fixed", packed=True),
        Block([each.name for each in found.left_out], "left out", packed=True, most=_LEFT_OUT),
    ]


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
