"""Which metrics a run optimises, and in which directions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from automl.constants import MEASURED_PREFIX
from automl.errors import InputError
from automl.skill import Action, SkillInfo
from automl.skill.metric_names import meant_metric, usual_direction
from automl.trial.objective import TRAIN_TIME, Objective

DIRECTIONS: Final = {
    "max": "maximize",
    "min": "minimize",
    "maximize": "maximize",
    "minimize": "minimize",
    "maximise": "maximize",
    "minimise": "minimize",
}


def choose_objectives(
    info: SkillInfo, action: Action, metrics: Sequence[str], mode: str | None, *, needed: bool
) -> tuple[Objective, ...]:
    """Return what the run optimises: the user's metrics in their order, else the skill's metric.

    A direct run needs no metric (``needed`` is false): its objective may have an empty one. The
    direction is that of ``NAME:max``, ``NAME:min`` or ``mode``, else the skill's, else the one
    that the metric's name implies.

    Raises:
        InputError: neither the user nor the skill names a metric, a direction is unknown or given
            twice, or the metrics cannot be optimised together.
    """
    if mode is not None and (mode := mode.lower()) not in DIRECTIONS:
        raise InputError(f"mode {mode!r} is unknown: use max or min")
    own = action.metric or info.metric or ""
    named = [split_metric(text) for text in metrics] or [(own, None)]
    if not named[0][0]:
        if not needed:
            return (Objective("", "maximize"),)
        raise InputError(
            f"skill {info.name} names no metric to optimise: say --metric NAME"
            " (metrics.monitoring_metric in references/skill_info.yaml)"
        )
    if mode is not None and (len(named) > 1 or named[0][1]):
        raise InputError(
            "--mode is for one metric without a direction of its own: write --metric NAME:max or"
            " NAME:min for each"
        )
    _check_names(info, named)
    found = tuple(Objective(n, direction_of(info, action, n, said or mode)) for n, said in named)
    _check(found, needed=needed)
    return found


def _check_names(info: SkillInfo, named: Sequence[tuple[str, str | None]]) -> None:
    """Refuse a metric whose name looks like a misspelt known one.

    ``NAME:max`` or ``NAME:min`` is accepted all the same, unless the skill lists every metric that
    its trainer reports.
    """
    for name, direction in named:
        if name.startswith(MEASURED_PREFIX):
            continue  # what --eval-command or --objective gives, which the skill does not know
        meant = meant_metric(name, {*info.known_metrics, info.metric or "", TRAIN_TIME})
        if meant and (info.reported or direction is None):
            other = "" if info.reported else f" (if not: --metric {name}:max or {name}:min)"
            raise InputError(f"the skill names no metric {name!r}: did you mean {meant}?{other}")


def split_metric(text: str) -> tuple[str, str | None]:
    """Return the name and the direction of ``NAME[:max|:min]``."""
    name, colon, word = text.rpartition(":")
    return (name, word.lower()) if colon and word.lower() in DIRECTIONS else (text, None)


def direction_of(info: SkillInfo, action: Action, name: str, said: str | None) -> str:
    """Return the direction of a metric: what the user said, else the skill's, else its name's.

    Raises:
        InputError: nothing tells.
    """
    if said is not None:
        return DIRECTIONS[said]
    if name == action.metric and action.direction:
        return action.direction
    if name == info.metric:
        return info.direction or usual_direction(name) or "maximize"
    if (usual := usual_direction(name)) is not None:
        return usual
    raise InputError(
        f"the name of metric {name!r} does not tell whether more is better: write"
        f" --metric {name}:max or {name}:min, or give --mode"
    )


def is_guess(info: SkillInfo, action: Action) -> bool:
    """Whether the direction of the skill's metric is a guess, since not even its name tells it."""
    named = info.metric is not None and action.metric is None and info.direction is None
    return named and usual_direction(info.metric or "") is None


def _check(found: Sequence[Objective], *, needed: bool) -> None:
    names = [objective.metric for objective in found]
    if len(set(names)) < len(names):
        raise InputError(f"--metric names {', '.join(names)}: each metric once")
    if names[0] == TRAIN_TIME:
        raise InputError(
            f"{TRAIN_TIME} is known only when a trial is over, so it cannot be the first metric:"
            " the first one says which epoch of a trial counts"
        )
    if len(found) > 1 and not needed:
        raise InputError("several metrics are for sweeps: one direct run compares nothing")
