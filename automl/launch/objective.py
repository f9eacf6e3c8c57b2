"""Which metric a run optimises, and in which direction."""

from __future__ import annotations

from automl.errors import InputError
from automl.skill import SkillInfo
from automl.trial.objective import Objective

_DIRECTIONS = {"max": "maximize", "min": "minimize", "maximize": "maximize", "minimize": "minimize"}


def choose_objective(
    info: SkillInfo, metric: str | None, mode: str | None, *, needed: bool
) -> Objective:
    """Return what the run optimises: the user's words first, then the skill's.

    A direct run needs nothing to optimise (``needed`` false): its objective may have no metric.
    Without a direction a metric whose name contains "loss" is minimised, any other maximised
    (shared/DESIGN.md section 2).

    Raises:
        InputError: neither the user nor the skill names a metric, or ``mode`` is unknown.
    """
    name = metric or info.metric
    if name is None and not needed:
        return Objective("", "maximize")
    if name is None:
        raise InputError(
            f"skill {info.name} names no metric to optimise: say --metric NAME"
            " (metrics.monitoring_metric in references/skill_info.yaml)"
        )
    if mode is not None:
        if mode not in _DIRECTIONS:
            raise InputError(f"mode {mode!r} is unknown: use max or min")
        return Objective(name, _DIRECTIONS[mode])
    if name == info.metric and info.direction is not None:
        return Objective(name, info.direction)
    return Objective(name, "minimize" if "loss" in name.lower() else "maximize")
