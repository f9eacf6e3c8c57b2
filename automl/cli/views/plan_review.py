"""Parts of the launch review: changed spec keys, resources, and the first trials."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from automl.cli.views.progress_lines import format_value
from automl.cli.views.tables import frame_text
from automl.cli.views.terminal import labelled
from automl.constants import COL_SOURCE, COL_TRIAL, PARAM_PREFIX
from automl.launch.plan import Plan
from automl.launch.review import PARENT, RUN, YOU, Change, FirstTrial
from automl.sweep.cluster.resources import TrialResources
from automl.trial.data.staging import Staged
from automl.trial.job import trial_id
from automl.trial.secrets import mask_location

_LONGEST: Final = 40
_MOST_WARNINGS: Final = 6


def warning_lines(plan: Plan) -> list[str]:
    """Return the first warnings of a plan, a line each, and how many there are more."""
    shown = [" ".join(warning.split()) for warning in plan.warnings[:_MOST_WARNINGS]]
    more = len(plan.warnings) - len(shown)
    shown += [f"and {more} more: see automl validate {plan.skill.directory}"] if more else []
    return [f"warning    {line}" for line in shown]


def change_lines(
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


def data_lines(sources: Mapping[str, Staged]) -> list[str]:
    """Return a line for each spec key of the data: its location, and the source that it is from."""
    lines = []
    for key, file in sources.items():
        source = f"  ({file.source})" if file.source else ""
        lines.append(f"{key}  {mask_location(file.location)}{source}")
    return labelled("data", lines)


def _change(change: Change) -> str:
    return f"{change.key}  {_short(change.packaged)} -> {_short(change.value)}  (by {change.by})"


def resource_line(plan: Plan, resources: TrialResources | None) -> str:
    """Return what each trial gets and how many run side by side."""
    if resources is None:
        return f"resources  decided on the cluster at {plan.resource_options.address}"
    several = f"{plan.devices} devices" if plan.devices > 1 else "one device"
    count = resources.concurrency
    side = f"{count} trials side by side" if count > 1 else "one trial at a time"
    return f"resources  {resources.reason}; {several} a trial, {side}"


def first_trial_lines(trials: Sequence[FirstTrial]) -> list[str]:
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


def _short(value: Any) -> str:
    text = "not set" if value in (None, "") else format_value(value)
    return text if len(text) <= _LONGEST else f"…{text[1 - _LONGEST :]}"
