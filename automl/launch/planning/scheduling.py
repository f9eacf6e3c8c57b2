"""Which scheduler a sweep has: the one asked for, else ``auto`` where nothing speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automl.launch.request import RunRequest
from automl.search.algorithm import BLIND
from automl.search.population.schedule import PBT
from automl.search.scheduler import Scheduler, choose_scheduler
from automl.skill import Skill
from automl.space import Space
from automl.space.budget import report_interval, training_length


def plan_scheduler(
    skill: Skill,
    request: RunRequest,
    space: Space | None,
    spec: Mapping[str, Any],
    objectives: int,
) -> Scheduler:
    """Return the scheduler of a run over ``space`` (None: a direct run) for so many objectives.

    Raises:
        InputError: it is unknown, or has nothing to act on.
    """
    if space is None:
        return Scheduler(reason="a direct run has no trials to compare")
    schema = skill.schema(request.action)
    length = training_length(schema, spec)
    return choose_scheduler(
        request.scheduler,
        request.algorithm,
        length.value if length else None,
        interval=report_interval(schema, spec),
        against=_against(request, space, length.key if length else "", objectives),
    )


def _against(request: RunRequest, space: Space, length: str, objectives: int) -> str:
    """Return why ``auto`` stops no trial; empty where nothing speaks against it."""
    algorithm = request.algorithm
    measuring = "--eval-command" if request.eval_command is not None else None
    measuring = "--objective" if request.objective is not None else measuring
    rules = (
        (objectives > 1, f"{objectives} metrics are optimised, and a curve has one"),
        (
            measuring is not None,
            f"{measuring} measures trials that are trained, so there is no curve",
        ),
        (algorithm == PBT, "pbt replaces poor trials itself"),
        (
            request.scheduler is None and algorithm in BLIND,
            f"{algorithm} surveys the space with full-length trials",
        ),
        (length in space.names, f"{length} is searched: trials have different lengths"),
    )
    return next((why for holds, why in rules if holds), "")
