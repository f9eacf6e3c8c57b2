"""The population of a run, checked against the skill, the space and the other options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from automl.errors import InputError
from automl.launch.request import DEFAULT_TRIALS, RunRequest
from automl.search.population import PBT, Population, make_population, mutable_names
from automl.search.scheduler import Scheduler
from automl.skill import Skill
from automl.space import Space
from automl.space.epochs import epoch_budget

RESUME: Final = "resume_model"


def read_population(
    request: RunRequest,
    skill: Skill,
    space: Space | None,
    spec: Mapping[str, Any],
    scheduler: Scheduler,
    points: int,
) -> Population | None:
    """Return the population that a request asks for; None without one.

    Args:
        request: what the user asked for.
        skill: whose trainer goes on from checkpoints.
        space: what is searched, None for a direct run.
        spec: the resolved spec.
        scheduler: must not stop trials.
        points: how many configurations the user wants tried first, the defaults among them.

    Raises:
        InputError: the skill cannot go on from a checkpoint, or an option does not go with pbt.
    """
    if request.algorithm != PBT or space is None:
        return None
    if RESUME not in skill.info.spec_params.get(request.action, {}).values():
        raise InputError(
            f"pbt lets trials go on from each other's checkpoints, and skill {skill.info.name}"
            f" names no spec key for that (spec_params: a key with the rule {RESUME}): use another"
            " --algorithm"
        )
    _check_options(request, scheduler)
    declared = skill.info.mutable.get(request.action)
    population = make_population(
        request.trials or DEFAULT_TRIALS,
        epoch_budget(skill.schema(request.action), spec),
        mutable_names(space, declared),
    )
    if points > population.size:
        raise InputError(
            f"pbt's first generation has {population.size} members, and the defaults with --enqueue"
            f" are {points}: enqueue fewer, or raise --trials"
        )
    return population


def _check_options(request: RunRequest, scheduler: Scheduler) -> None:
    if scheduler.acts:
        raise InputError("pbt replaces poor trials itself: use --scheduler none")
    if request.prior:
        raise InputError("pbt learns from its own generations alone: leave out --prior")
    if request.confirm is not None:
        raise InputError(
            "--confirm trains a configuration again from nothing, but a member of a population has"
            " had several: leave it out with pbt"
        )
